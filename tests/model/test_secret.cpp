#include <catch2/catch.hpp>

#include "model/fields.hpp"
#include "model/secret.hpp"

using namespace plimsoll;

namespace {
const std::string kOld = secret_token("PASSWORD", "aaaa");
const std::string kNew = secret_token("PASSWORD", "bbbb");
const std::string kOther = secret_token("OTHER", "cccc");
}  // namespace

TEST_CASE("tokens of different secrets or values differ, those of the same value are equal") {
  CHECK(kOld == secret_token("PASSWORD", "aaaa"));
  CHECK(kOld != kNew);
  CHECK(secret_token("A", "x") != secret_token("B", "x"));
}

TEST_CASE("text with any delimiter of a token is recognised") {
  CHECK(has_secret_token("a" + kOld + "b"));
  CHECK(has_secret_token("\x01"));
  CHECK(has_secret_token("\x02"));
  CHECK_FALSE(has_secret_token("${PASSWORD} ***"));
  CHECK_FALSE(has_secret_token(""));
}

TEST_CASE("masking and expanding replace whole tokens and leave everything else as it is") {
  struct Row {
    std::string text, masked, expanded;
  };
  const auto row = GENERATE(values<Row>({{"", "", ""},
                                         {"plain", "plain", "plain"},
                                         {kOld, "***", "s3cret"},
                                         {"a" + kOld + "b", "a***b", "as3cretb"},
                                         {kOld + kOld, "******", "s3crets3cret"},
                                         {"x" + kOther + "y", "x***y", "x" + kOther + "y"},
                                         {kOther + kOld, "******", kOther + "s3cret"},
                                         {"open \x01 only", "open \x01 only", "open \x01 only"},
                                         {"close \x02 only", "close \x02 only", "close \x02 only"},
                                         {"\x02" + kOld, "\x02***", "\x02s3cret"}}));
  SecretTable table;
  table.emplace(kOld, Secret("s3cret"));
  CAPTURE(row.text);
  CHECK(mask_secrets(row.text) == row.masked);
  CHECK(expand_secrets(row.text, table) == row.expanded);
}

TEST_CASE("a value that looks like a token is not expanded again") {
  SecretTable table;
  table.emplace(kOld, Secret(kOther));
  table.emplace(kOther, Secret("granted to another"));
  CHECK(expand_secrets(kOld, table) == kOther);
}

TEST_CASE("a secret tells whether it is empty and reveals its bytes only when asked") {
  CHECK(Secret("").empty());
  CHECK_FALSE(Secret("x").empty());
  CHECK(Secret("x").reveal() == "x");
}

TEST_CASE("a changed field never shows a secret's value or token") {
  CHECK(to_string(FieldChange{"environment.P", kOld, kNew}) == "environment.P: secret changed (***)");
  CHECK(to_string(FieldChange{"url", "jdbc:" + kOld + "@db", "jdbc:" + kNew + "@db"}) ==
        "url: secret changed (jdbc:***@db)");
  CHECK(to_string(FieldChange{"environment.P", std::nullopt, kNew}) == "environment.P: (unset) → ***");
  CHECK(to_string(FieldChange{"environment.P", kOld, "open"}) == "environment.P: *** → open");
}
