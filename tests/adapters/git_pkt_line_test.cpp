#include <catch2/catch.hpp>

#include "adapters/git/fetch_request.hpp"
#include "adapters/git/pkt_line.hpp"

namespace plimsoll::adapters {
namespace {

const std::string kA(40, 'a'), kB(40, 'b');

TEST_CASE("packets are length-prefixed in four hexadecimal digits") {
  CHECK(pkt_line("hi\n") == "0007hi\n");
  CHECK(pkt_line("") == "0004");
  CHECK(pkt_line(std::string(65516, 'x')).substr(0, 4) == "fff0");
  CHECK(ls_refs_request("refs/heads/main") == "0014command=ls-refs\n0001001fref-prefix refs/heads/main\n0000");
}

TEST_CASE("ls-refs replies yield the references") {
  struct Row {
    std::string body;
    std::vector<RemoteRef> refs;
  };
  const Row rows[] = {
      {"0000", {}},
      {pkt_line(kA + " refs/heads/main\n") + "0000", {{kA, "refs/heads/main"}}},
      {pkt_line(kA + " refs/heads/main") + pkt_line(kB + " refs/heads/main2\n") + "0000",
       {{kA, "refs/heads/main"}, {kB, "refs/heads/main2"}}},
      {pkt_line(kA + " HEAD symref-target:refs/heads/main\n") + "0000", {{kA, "HEAD"}}},
      {pkt_line("unborn HEAD symref-target:refs/heads/main\n") + "0000", {}},
  };
  for (const Row& row : rows) {
    INFO(row.body);
    const auto refs = parse_ls_refs(row.body);
    REQUIRE(refs.ok());
    CHECK(*refs == row.refs);
  }
}

TEST_CASE("malformed and cut-off ls-refs replies are errors, never half a list") {
  const std::string whole = pkt_line(kA + " refs/heads/main\n") + "0000";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    INFO(length);
    CHECK_FALSE(parse_ls_refs(whole.substr(0, length)).ok());
  }
  for (const std::string& body :
       {std::string("zzzz"), std::string("0003"), std::string("-001"), std::string("+0040000"), std::string(" 0040000"),
        std::string("ffff"), std::string("0001"), pkt_line("nonsense") + "0000", pkt_line(kA) + "0000",
        pkt_line(kA.substr(1) + " refs/heads/main") + "0000", pkt_line(kA + " ") + "0000",
        pkt_line(std::string(40, 'G') + " refs/heads/main") + "0000", pkt_line("") + "0000",
        pkt_line(kA + " " + std::string(2000, 'x')) + "0000"}) {
    INFO(body);
    CHECK_FALSE(parse_ls_refs(body).ok());
    CHECK_FALSE(parse_ref_advertisement(body).ok());
  }
}

TEST_CASE("a server's own error is passed on, on one line and scrubbed") {
  const auto refs = parse_ls_refs(pkt_line("ERR access\ndenied https://u:hunter2@h/x"));
  REQUIRE_FALSE(refs.ok());
  CHECK(refs.error().kind == ErrorKind::rejected);
  CHECK(refs.error().message == "the git server refuses: access denied https://***@h/x");
  CHECK_FALSE(parse_ref_advertisement(pkt_line("ERR no")).ok());
}

TEST_CASE("SHA-256 repositories are refused by name") {
  const auto refs = parse_ls_refs(pkt_line(std::string(64, 'a') + " refs/heads/main\n") + "0000");
  REQUIRE_FALSE(refs.ok());
  CHECK(refs.error().kind == ErrorKind::rejected);
  CHECK_THAT(refs.error().message, Catch::Contains("SHA-256"));
}

TEST_CASE("v0 advertisements yield the references") {
  const std::string head = pkt_line("# service=git-upload-pack\n") + "0000";
  const std::string caps = std::string("\0multi_ack agent=git/2\n", 23);
  const auto refs =
      parse_ref_advertisement(head + pkt_line(kA + " HEAD" + caps) + pkt_line(kA + " refs/heads/main\n") +
                              pkt_line(kB + " refs/tags/v1\n") + pkt_line(kA + " refs/tags/v1^{}\n") + "0000");
  REQUIRE(refs.ok());
  CHECK(*refs == std::vector<RemoteRef>{{kA, "HEAD"}, {kA, "refs/heads/main"}, {kB, "refs/tags/v1"}});
  const auto empty =
      parse_ref_advertisement(head + pkt_line(std::string(40, '0') + " capabilities^{}" + caps) + "0000");
  REQUIRE(empty.ok());
  CHECK(empty->empty());
  const auto version1 =
      parse_ref_advertisement(head + pkt_line("version 1\n") + pkt_line(kA + " refs/heads/main" + caps) + "0000");
  REQUIRE(version1.ok());
  CHECK(version1->size() == 1);
  CHECK_FALSE(parse_ref_advertisement("<html>").ok());
  CHECK_FALSE(parse_ref_advertisement("").ok());
}

TEST_CASE("requests to the child survive the way, and an answer that is none is internal") {
  FetchRequest request;
  request.operation = FetchRequest::Operation::list;
  request.url = "https://host/\"quoted\"";
  request.password = "p\\w\"d";
  request.max_pack_bytes = 123456789012;
  request.fresh = true;
  const auto back = parse_fetch_request(to_json(request));
  REQUIRE(back.ok());
  CHECK(to_json(*back) == to_json(request));
  CHECK(back->password == request.password);
  CHECK_FALSE(parse_fetch_request("{}").ok());
  CHECK_FALSE(parse_fetch_request("").ok());
  CHECK(*parse_fetch_answer(fetch_answer_to_json(std::string("abc"))) == "abc");
  const auto failed = parse_fetch_answer(fetch_answer_to_json(Error{ErrorKind::unauthorized, "no"}));
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().kind == ErrorKind::unauthorized);
  CHECK(failed.error().message == "no");
  for (const char* bad : {"", "[]", "{", "{\"commit\":1}", "{\"kind\":\"x\"}"})
    CHECK(parse_fetch_answer(bad).error().kind == ErrorKind::internal);
}

}  // namespace
}  // namespace plimsoll::adapters
