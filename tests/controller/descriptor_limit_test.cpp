#include "controller/descriptor_limit.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

TEST_CASE("a process that raises its limit may open as many files as it is allowed") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit low{64, 512};
    bool good = ::setrlimit(RLIMIT_NOFILE, &low) == 0;
    plimsoll::controller::raise_descriptor_limit();
    rlimit now{};
    good = good && ::getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur == 512 && now.rlim_max == 512;
    ::_exit(good ? 0 : 1);
  }
  int status = 1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
