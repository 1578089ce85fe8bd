#include "controller/config.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "controller/config_keys.hpp"

using namespace plimsoll;
using controller::parse_config;

namespace {

constexpr const char* kFull = R"(
installation: acme
source:
  url: https://git.example.org/acme/manifests.git
  branch: release
  path: deploy/manifests
  poll_interval: 90s
  fetch_timeout: 2m
  credentials: { username: deploy, password_file: /etc/plimsoll/git-token }
state_dir: /tmp/state
secrets_dir: /tmp/secrets
listen: 127.0.0.1:9999
socket: /tmp/plimsoll.sock
webhook: { secret_file: /etc/plimsoll/webhook-secret }
tls: { web-1: { ca: /a, cert: /b, key: /c } }
registries: { ghcr.io: { username: acme, password_file: /etc/plimsoll/ghcr } }
)";

std::string all(const Diagnostics& diagnostics) {
  std::string text;
  for (const auto& one : diagnostics) text += to_string(one) + "\n";
  return text;
}

}  // namespace

TEST_CASE("every key of controller.yaml arrives") {
  const auto parsed = parse_config("controller.yaml", kFull);
  INFO(all(parsed.diagnostics));
  REQUIRE(parsed.diagnostics.empty());
  const auto& config = parsed.config;
  CHECK(config.installation == "acme");
  CHECK(config.source.url == "https://git.example.org/acme/manifests.git");
  CHECK(config.source.branch == "release");
  CHECK(config.source.path == "deploy/manifests");
  CHECK(config.source.poll_interval == Millis(90'000));
  CHECK(config.source.fetch_timeout == Millis(120'000));
  CHECK(config.source.credentials.username == "deploy");
  CHECK(config.source.credentials.password_file == "/etc/plimsoll/git-token");
  CHECK(config.state_dir == "/tmp/state");
  CHECK(config.secrets_dir == "/tmp/secrets");
  CHECK(config.listen == "127.0.0.1:9999");
  CHECK(config.socket == "/tmp/plimsoll.sock");
  CHECK(config.webhook_secret_file == "/etc/plimsoll/webhook-secret");
  REQUIRE(config.tls.count("web-1") == 1);
  CHECK(config.tls.at("web-1").cert == "/b");
  REQUIRE(config.registries.count("ghcr.io") == 1);
  CHECK(config.registries.at("ghcr.io").username == "acme");
}

TEST_CASE("a minimal configuration gets the documented defaults") {
  const auto parsed = parse_config("c.yaml", "installation: a\nsource: { url: https://x.org/m.git }\n");
  REQUIRE(parsed.diagnostics.empty());
  CHECK(parsed.config.source.branch == "main");
  CHECK(parsed.config.source.path == "manifests");
  CHECK(parsed.config.source.poll_interval == Millis(60'000));
  CHECK(parsed.config.listen == "127.0.0.1:8470");
  CHECK(parsed.config.socket == "/run/plimsoll/plimsoll.sock");
}

TEST_CASE("what is wrong in controller.yaml is named with its place") {
  struct Row {
    const char* text;
    const char* position;
    const char* words;
  };
  const auto row = GENERATE(values<Row>({
      {"source: { url: https://x.org/m }\n", "c.yaml", "installation"},
      {"installation: a\n", "c.yaml", "source"},
      {"installation: a\nsource: { url: https://x.org/m }\nlissten: x\n", "c.yaml:3:1", "listen"},
      {"installation: a\nsource:\n  url: https://x.org/m\n  poll_interval: 60\n", "c.yaml:4", "60s"},
      {"installation: a\nsource:\n  url: https://x.org/m\n  poll_interval: 0s\n", "c.yaml:4", "positive"},
      {"installation: A b\nsource: { url: https://x.org/m }\n", "c.yaml:1:1", "installation"},
      {"installation: a\nsource:\n  url: ssh://git@x.org/m\n  credentials: { ssh_key_file: /k }\n", "c.yaml:4",
       "known_hosts_file"},
      {"installation: a\ninstallation: b\nsource: { url: https://x.org/m }\n", "c.yaml:2", "installation"},
      {"- a\n", "c.yaml", "mapping"},
      {"", "c.yaml", "installation"},
  }));
  const auto parsed = parse_config("c.yaml", row.text);
  const auto text = all(parsed.diagnostics);
  INFO(row.text << "->\n" << text);
  REQUIRE(has_errors(parsed.diagnostics));
  CHECK(text.find(row.position) != std::string::npos);
  CHECK(text.find(row.words) != std::string::npos);
}

TEST_CASE("the schema of controller.yaml and its reader know the same keys") {
  std::ifstream in(std::string(PLIMSOLL_SOURCE_DIR) + "/manifests/schema/controller.schema.json");
  REQUIRE(in);
  std::ostringstream text;
  text << in.rdbuf();
  const auto schema = boost::json::parse(text.str());
  for (const auto& table : controller::config_key_tables()) {
    const boost::json::value* place = &schema;
    std::string pointer(table.pointer);
    std::istringstream parts(pointer);
    for (std::string part; std::getline(parts, part, '.');)
      place = part == "*" ? &place->at("additionalProperties") : &place->at("properties").at(part);
    std::set<std::string> expected;
    bool any = false;
    for (const auto& rule : table.rules) {
      if (rule.key == "*")
        any = true;
      else
        expected.insert(std::string(rule.key));
    }
    INFO("controller.yaml: " << pointer);
    std::set<std::string> actual;
    if (const auto* properties = place->as_object().if_contains("properties")) {
      for (const auto& entry : properties->as_object()) actual.insert(std::string(entry.key()));
    }
    CHECK(actual == expected);
    CHECK(any == place->at("additionalProperties").is_object());
    std::set<std::string> required;
    for (const auto& rule : table.rules) {
      if (rule.required) required.insert(std::string(rule.key));
    }
    std::set<std::string> required_by_schema;
    if (const auto* list = place->as_object().if_contains("required")) {
      for (const auto& key : list->as_array()) required_by_schema.insert(std::string(key.as_string()));
    }
    CHECK(required_by_schema == required);
  }
}
