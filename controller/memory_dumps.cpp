#include "controller/memory_dumps.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace plimsoll::controller {

void forbid_memory_dumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  // The limit alone does not hold for a core that is piped to a handler, such as systemd-coredump.
  ::prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace plimsoll::controller
