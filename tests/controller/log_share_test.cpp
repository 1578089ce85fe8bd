#include "controller/log_share.hpp"

#include <catch2/catch.hpp>

using plimsoll::controller::kLogAnswerBytes;
using plimsoll::controller::log_share;

TEST_CASE("logs of one answer share its room, and each keeps its end in whole lines") {
  CHECK(log_share("one\ntwo\n", 1000) == "one\ntwo\n");
  CHECK(log_share("", 0).empty());

  const std::string line = std::string(99, 'x') + "\n";
  std::string log;
  while (log.size() <= kLogAnswerBytes / 2) log += line;
  CHECK(log_share(log, 2).size() < kLogAnswerBytes / 2 + 100);
  CHECK(log_share(log, 1) == log);
  const std::string cut = log_share(log + "last\n", 4);
  CHECK(cut.size() <= kLogAnswerBytes / 4 + 100);
  CHECK(cut.ends_with("x\nlast\n"));
  const std::string first = cut.substr(0, cut.find('\n'));
  const std::size_t kept = cut.size() - first.size() - 1;
  CHECK(first == "[" + std::to_string(log.size() + 5 - kept) +
                     " bytes before this are left out: ask for fewer containers at once]");
  CHECK((kept - 5) % line.size() == 0);

  CHECK(log_share(std::string(kLogAnswerBytes, 'y'), 2).ends_with(std::string(kLogAnswerBytes / 2, 'y')));
}
