#include <catch2/catch.hpp>

#include "model/secret_scrub.hpp"

using namespace plimsoll;

TEST_CASE("secret values and tokens vanish from texts, longest first") {
  SecretTable secrets;
  secrets.emplace(secret_token("A", "1"), Secret("hunter2"));
  secrets.emplace(secret_token("B", "2"), Secret("hunter2-extended"));
  secrets.emplace(secret_token("C", "3"), Secret("line\n\"two\""));
  secrets.emplace(secret_token("D", "4"), Secret(""));
  secrets.emplace(secret_token("E", "5"), Secret("*"));
  CHECK(scrubbed("x hunter2 y", &secrets) == "x *** y");
  CHECK(scrubbed("hunter2-extended", &secrets) == "***");
  CHECK(scrubbed("said line\n\"two\"", &secrets) == "said ***");
  CHECK(scrubbed(R"(said "line\n\"two\"")", &secrets) == R"(said "***")");
  CHECK(scrubbed("a" + secret_token("A", "1") + "b", nullptr) == "a***b");
  CHECK(scrubbed("two\nlines\n", nullptr) == "two lines");
  CHECK(without_secrets("one hunter2\nline\n\"two\"\nhunter", &secrets) == "one ***\n***\nhunter");
}

TEST_CASE("a value that was cut vanishes as well") {
  struct Row {
    std::string text, shown;
  };
  const auto row = GENERATE(values<Row>({{"ends with correct horse batt", "ends with ***"},
                                         {"ends with correct horse battery...", "ends with ***..."},
                                         {"it said (correct ho…), see there", "it said (***…), see there"},
                                         {"corre... correct", "corre... ***"},
                                         {"... correct horse... correct ho...", "... ***... ***..."},
                                         {"not correct at all", "not correct at all"},
                                         {"short: corre", "short: corre"},
                                         {"...", "..."},
                                         {"", ""}}));
  SecretTable secrets;
  secrets.emplace(secret_token("A", "1"), Secret("correct horse battery staple"));
  CAPTURE(row.text);
  CHECK(scrubbed(row.text, &secrets) == row.shown);
}

TEST_CASE("what is cut and what is masked may lie in each other") {
  SecretTable secrets;
  secrets.emplace(secret_token("A", "1"), Secret("dots...and...more dots"));
  CHECK(scrubbed("x dots...and...more", &secrets) == "x ***");
  CHECK(scrubbed("x dots...and...", &secrets) == "x ***");
}

TEST_CASE("a text is cut between characters and says so") {
  CHECK(shortened("abc", 3) == "abc");
  CHECK(shortened("abcd", 3) == "abc…");
  CHECK(shortened("aäb", 2) == "a…");
  CHECK(shortened("ää", 1) == "…");
  CHECK(shortened("", 0).empty());
}
