#include "controller/memory_dumps.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

TEST_CASE("a process that forbids it leaves no core and lets nobody read its memory") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    plimsoll::controller::forbid_memory_dumps();
    rlimit core{1, 1};
    const bool limited = ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0;
    ::_exit(limited && ::prctl(PR_GET_DUMPABLE) == 0 ? 0 : 1);
  }
  int status = 1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
