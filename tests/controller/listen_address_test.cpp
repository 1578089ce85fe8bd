#include "controller/http/listen_address.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

#include "controller/http/listening_socket.hpp"

using namespace plimsoll::controller;

TEST_CASE("listen takes addresses and localhost, and knows which ones are loopback") {
  struct Case {
    std::string text, host;
    int port;
    bool loopback;
  };
  const std::vector<Case> good{{"127.0.0.1:8470", "127.0.0.1", 8470, true}, {"[::1]:1", "::1", 1, true},
                               {"localhost:0", "127.0.0.1", 0, true},       {"0.0.0.0:80", "0.0.0.0", 80, false},
                               {":8470", "0.0.0.0", 8470, false},           {"[::]:65535", "::", 65535, false},
                               {"127.9.9.9:5", "127.9.9.9", 5, true},       {"10.0.0.1:5", "10.0.0.1", 5, false}};
  for (const Case& one : good) {
    INFO(one.text);
    const auto parsed = parse_listen_address(one.text);
    REQUIRE(parsed.ok());
    CHECK(parsed->host == one.host);
    CHECK(parsed->port == one.port);
    CHECK(parsed->loopback == one.loopback);
  }
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:80x", "example.org:80",
                           "::1:80", "127.0.0.1.evil.org:80", "[::1:80"}) {
    INFO(text);
    CHECK_FALSE(parse_listen_address(text).ok());
  }
}

TEST_CASE("only names of this machine are loopback hosts") {
  for (const char* host :
       {"localhost", "LOCALHOST:8470", "127.0.0.1", "127.0.0.1:8470", "127.1.2.3", "[::1]", "[::1]:8470"}) {
    INFO(host);
    CHECK(is_loopback_host(host));
  }
  for (const char* host : {"", "example.org", "localhost.evil.org", "127.0.0.1.evil.org", "127.evil.org", "10.0.0.1",
                           "[::2]", "0.0.0.0", "[::1", "evil.org:127"}) {
    INFO(host);
    CHECK_FALSE(is_loopback_host(host));
  }
}

TEST_CASE("an address that no interface has is told apart from one that is taken") {
  const auto nowhere = listen_tcp({"203.0.113.1", 0, false});
  REQUIRE_FALSE(nowhere.ok());
  CHECK(nowhere.error().message ==
        "listen on 203.0.113.1 port 0: no interface here has this address; set another `listen`");
  const auto first = listen_tcp({"127.0.0.1", 0, true});
  REQUIRE(first.ok());
  const auto second = listen_tcp({"127.0.0.1", first->port, true});
  ::close(first->descriptor);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().message.ends_with("Address already in use; stop what uses it or set another `listen`"));
}
