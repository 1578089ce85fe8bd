#include "controller/http/webhook.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cctype>

#include "controller/fake_control.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

const std::string kSecret = "It's a Secret to Everybody";

std::string signature(const std::string& body, const std::string& secret = kSecret) {
  std::array<unsigned char, 32> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(), &size);
  std::string text = "sha256=";
  for (const unsigned char byte : digest) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", static_cast<unsigned>(byte));
    text += hex;
  }
  return text;
}

std::string push_body(const std::string& url = "https://git.example.org/acme/manifests.git",
                      const std::string& ref = "refs/heads/main") {
  return R"({"ref":")" + ref + R"(","repository":{"clone_url":")" + url + R"("}})";
}

struct World {
  explicit World(WebhookOptions options = {{Secret(kSecret)}})
      : webhook(
            std::move(options), control, [this] { return now; },
            [this](const std::string& one) { results.push_back(one); }) {}

  int deliver(const Request& request) {
    if (auto refusal = webhook.screen(request)) return refusal->status;
    return webhook.handle(request).status;
  }
  int deliver(const std::string& body, const std::string& event = "push") {
    return deliver(signed_request(body, event));
  }
  static Request signed_request(const std::string& body, const std::string& event = "push") {
    Request request;
    request.method = "POST";
    request.path = "/api/webhook";
    request.body = body;
    request.headers = {{"content-type", "application/json"},
                       {"x-github-event", event},
                       {"x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"},
                       {"x-hub-signature-256", signature(body)}};
    return request;
  }

  FakeControl control;
  std::chrono::steady_clock::time_point now{};
  std::vector<std::string> results;
  Webhook webhook;
};

}  // namespace

TEST_CASE("the signature is the one of GitHub's documentation") {
  CHECK(signature("Hello, World!") == "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
  World world;
  CHECK(world.deliver("Hello, World!", "ping") == 202);
}

TEST_CASE("a push is judged by signature first, and only then by content") {
  World world;
  struct Case {
    std::string name;
    std::function<void(Request&)> change;
    int status;
    std::string result;
  };
  const std::vector<Case> cases{
      {"good", [](Request&) {}, 202, "accepted"},
      {"no signature", [](Request& r) { r.headers.erase("x-hub-signature-256"); }, 401, "unauthorized"},
      {"empty signature", [](Request& r) { r.headers["x-hub-signature-256"] = "sha256="; }, 401, "unauthorized"},
      {"sha1", [](Request& r) { r.headers["x-hub-signature-256"].replace(0, 6, "sha1=0"); }, 401, "unauthorized"},
      {"not hex", [](Request& r) { r.headers["x-hub-signature-256"].back() = 'g'; }, 401, "unauthorized"},
      {"a digit too many", [](Request& r) { r.headers["x-hub-signature-256"] += "0"; }, 401, "unauthorized"},
      {"other secret", [](Request& r) { r.headers["x-hub-signature-256"] = signature(r.body, "x"); }, 401,
       "unauthorized"},
      {"extra byte", [](Request& r) { r.body += "\n"; }, 401, "unauthorized"},
      {"byte missing", [](Request& r) { r.body.pop_back(); }, 401, "unauthorized"},
      {"upper-case hex",
       [](Request& r) {
         std::string& text = r.headers["x-hub-signature-256"];
         std::transform(text.begin() + 7, text.end(), text.begin() + 7,
                        [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
       },
       202, "accepted"},
      {"charset", [](Request& r) { r.headers["content-type"] = "application/json; charset=utf-8"; }, 202, "accepted"},
      {"other type", [](Request& r) { r.headers["content-type"] = "text/plain"; }, 400, "malformed"},
      {"no type", [](Request& r) { r.headers.erase("content-type"); }, 400, "malformed"},
      {"no event", [](Request& r) { r.headers.erase("x-github-event"); }, 400, "malformed"},
      {"other event", [](Request& r) { r.headers["x-github-event"] = "issues"; }, 202, "ignored"},
      {"ping", [](Request& r) { r.headers["x-github-event"] = "ping"; }, 202, "ping"},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    world.control.refreshes = 0;
    Request request = World::signed_request(push_body());
    one.change(request);
    CHECK(world.deliver(request) == one.status);
    CHECK(world.results.back() == one.result);
    CHECK(world.control.refreshes == (one.result == "accepted" ? 1 : 0));
  }
}

TEST_CASE("every shape of an authentic payload is survived") {
  World world({{Secret(kSecret)}, 1e6, 1e6});
  const std::string repository = R"("repository":)";
  const std::string ref = R"("ref":"refs/heads/main",)";
  const std::vector<std::pair<std::string, int>> cases{
      {"", 400},
      {"null", 400},
      {"[]", 400},
      {"1e999", 400},
      {"\"x\"", 400},
      {"{", 400},
      {"{}", 202},
      {"\xff\xfe", 400},
      {"{}{}", 400},
      {R"({"ref":null})", 202},
      {R"({"ref":[]})", 202},
      {"{" + ref + repository + "null}", 202},
      {"{" + ref + repository + "[]}", 202},
      {"{" + ref + repository + "[[]]}", 202},
      {"{" + ref + repository + R"({"clone_url":null,"ssh_url":[],"git_url":{},"html_url":7}})", 202},
      {"{" + ref + repository + R"({"clone_url":""}})", 202},
      {R"({"commits":[],"head_commit":null,"ref":"","repository":{}})", 202},
      {std::string(100'000, '['), 400},
      {"{\"a\":" + std::string(33, '[') + std::string(33, ']') + "}", 400},
      {push_body("https://git.example.org/acme/other.git"), 202},
      {push_body("https://git.example.org/acme/manifests.git", "refs/heads/other"), 202},
      {push_body("file:///etc/passwd"), 202},
  };
  for (const auto& [body, status] : cases) {
    INFO(body.substr(0, 80));
    CHECK(world.deliver(body) == status);
    CHECK(world.results.back() == (status == 202 ? "ignored" : "malformed"));
  }
  CHECK(world.control.refreshes == 0);
}

TEST_CASE("the repository is known by any of its four URLs") {
  World world;
  for (const char* name : {"clone_url", "ssh_url", "git_url", "html_url"}) {
    INFO(name);
    const std::string url = world.control.watched_url;
    CHECK(world.deliver(R"({"ref":"refs/heads/main","repository":{")" + std::string(name) + R"(":")" + url +
                        R"("}})") == 202);
    CHECK(world.results.back() == "accepted");
  }
}

TEST_CASE("a form-encoded delivery is signed over its raw bytes and read from payload=") {
  World world;
  const std::string body =
      "a=b&payload=%7B%22ref%22%3A%22refs%2Fheads%2Fmain%22%2C%22repository%22%3A%7B%22clone_url%22%3A%22"
      "https%3A%2F%2Fgit.example.org%2Facme%2Fmanifests.git%22%7D%2C%22x%22%3A+1%7D";
  Request request = World::signed_request(body);
  request.headers["content-type"] = "application/x-www-form-urlencoded";
  CHECK(world.deliver(request) == 202);
  CHECK(world.results.back() == "accepted");
  request = World::signed_request("nothing=here");
  request.headers["content-type"] = "application/x-www-form-urlencoded";
  CHECK(world.deliver(request) == 400);
}

TEST_CASE("a replayed delivery is one more hint and nothing else") {
  World world;
  const Request request = World::signed_request(push_body());
  CHECK(world.deliver(request) == 202);
  CHECK(world.deliver(request) == 202);
  CHECK(world.control.refreshes == 2);
}

TEST_CASE("without a secret, or with an empty one, nothing is accepted") {
  for (WebhookOptions options : {WebhookOptions{}, WebhookOptions{{Secret("")}}}) {
    World world(options);
    Request request = World::signed_request(push_body());
    request.headers["x-hub-signature-256"] = signature(request.body, "");
    CHECK(world.deliver(request) == 503);
    CHECK(world.results == std::vector<std::string>{"unconfigured"});
    CHECK(world.control.refreshes == 0);
  }
}

TEST_CASE("while a secret is rotated the old and the new one both sign") {
  World world({{Secret("new"), Secret(kSecret)}});
  Request request = World::signed_request(push_body());
  CHECK(world.deliver(request) == 202);
  request.headers["x-hub-signature-256"] = signature(request.body, "new");
  CHECK(world.deliver(request) == 202);
  request.headers["x-hub-signature-256"] = signature(request.body, "older");
  CHECK(world.deliver(request) == 401);
}

TEST_CASE("a flood is refused before its signatures are computed, and passes with time") {
  World world({{Secret(kSecret)}, 3, 2});
  Request forged = World::signed_request(push_body());
  forged.headers["x-hub-signature-256"] = signature("something else");
  for (int count = 0; count < 3; ++count) CHECK(world.deliver(forged) == 401);
  CHECK(world.deliver(forged) == 429);
  const auto refusal = world.webhook.screen(forged);
  REQUIRE(refusal);
  CHECK(refusal->headers.at("Retry-After") == "1");
  world.now += std::chrono::milliseconds(500);
  CHECK(world.deliver(push_body()) == 202);
  CHECK(world.deliver(push_body()) == 429);
  world.now += std::chrono::hours(1);
  for (int count = 0; count < 3; ++count) CHECK(world.deliver(push_body()) == 202);
  CHECK(world.deliver(push_body()) == 429);
}

TEST_CASE("requests without a signature do not use up the deliveries of those that have one") {
  World world({{Secret(kSecret)}, 1, 0});
  Request bare = World::signed_request(push_body());
  bare.headers.erase("x-hub-signature-256");
  for (int count = 0; count < 100; ++count) CHECK(world.deliver(bare) == 401);
  CHECK(world.deliver(push_body()) == 202);
}

TEST_CASE("no answer and no count holds the secret") {
  World world;
  Request request = World::signed_request(push_body());
  request.headers["x-hub-signature-256"] = signature("x");
  CHECK(world.webhook.handle(request).body.find(kSecret) == std::string::npos);
}
