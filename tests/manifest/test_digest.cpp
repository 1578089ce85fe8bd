#include <catch2/catch.hpp>

#include "manifest/digest.hpp"

using namespace plimsoll::manifest;

TEST_CASE("sha256 gives the published values") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("hmac_sha256 gives the values of RFC 4231") {
  CHECK(hmac_sha256_hex(std::string(20, '\x0b'), "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hmac_sha256_hex("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("hmac_sha256 takes an empty key as a key, not as the key of before") {
  const std::string empty = hmac_sha256_hex("", "x");
  static_cast<void>(hmac_sha256_hex("another", "x"));
  CHECK(hmac_sha256_hex("", "x") == empty);
  CHECK(hmac_sha256_hex("another", "x") != empty);
}

TEST_CASE("parts have one reading only") {
  std::string one, two;
  append_part(one, "ab");
  append_part(one, "c");
  append_part(two, "a");
  append_part(two, "bc");
  CHECK(one != two);
}
