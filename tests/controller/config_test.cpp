#include "controller/config.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <regex>
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
metrics: { open: true }
tls: { web-1: { ca: /a, cert: /b, key: /c } }
registries: { ghcr.io: { username: acme, password_file: /etc/plimsoll/ghcr } }
plain_engines: [10.0.1.10:2375, "[fd00::1]:2375"]
)";

std::string all(const Diagnostics& diagnostics) {
  std::string text;
  for (const auto& one : diagnostics) text += to_string(one) + "\n";
  return text;
}

namespace json = boost::json;

json::value schema_of_controller() {
  std::ifstream in(std::string(PLIMSOLL_SOURCE_DIR) + "/manifests/schema/controller.schema.json");
  std::ostringstream text;
  text << in.rdbuf();
  return json::parse(text.str());
}

/// Every text of the schema that has a pattern or a least length: `{path of its key, what the schema says}`.
void collect_texts(const json::value& place, const std::vector<std::string>& path,
                   std::vector<std::pair<std::vector<std::string>, json::object>>& found) {
  const auto& object = place.as_object();
  if (object.contains("pattern") || object.contains("minLength")) found.emplace_back(path, object);
  const auto below = [&](const std::string& name, const json::value& next) {
    auto longer = path;
    longer.push_back(name);
    collect_texts(next, longer, found);
  };
  if (const auto* properties = object.if_contains("properties")) {
    for (const auto& entry : properties->as_object()) below(std::string(entry.key()), entry.value());
  }
  if (const auto* any = object.if_contains("additionalProperties"); any && any->is_object()) below("any", *any);
}

bool fits(const json::object& rule, const std::string& text) {
  if (const auto* least = rule.if_contains("minLength"); least && text.size() < least->to_number<std::size_t>())
    return false;
  const auto* pattern = rule.if_contains("pattern");
  return !pattern || std::regex_search(text, std::regex(std::string(pattern->as_string())));
}

/// A right configuration in which `text` stands at `path`.
std::string config_with(const std::vector<std::string>& path, const std::string& text) {
  json::value config = json::parse(R"({
    "installation": "a", "source": {"url": "https://x.org/m", "credentials": {"known_hosts_file": "/k"}},
    "webhook": {"secret_file": "/w"}, "tls": {"any": {"ca": "/c"}},
    "registries": {"any": {"username": "u", "password_file": "/p"}}})");
  json::object* place = &config.as_object();
  for (std::size_t i = 0; i + 1 < path.size(); ++i) place = &place->at(path[i]).as_object();
  (*place)[path.back()] = text;
  return json::serialize(config);
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
  CHECK(config.open_metrics);
  REQUIRE(config.tls.count("web-1") == 1);
  CHECK(config.tls.at("web-1").cert == "/b");
  REQUIRE(config.registries.count("ghcr.io") == 1);
  CHECK(config.registries.at("ghcr.io").username == "acme");
  CHECK(config.plain_engines == std::vector<std::string>{"10.0.1.10:2375", "[fd00::1]:2375"});
}

TEST_CASE("a minimal configuration gets the documented defaults") {
  const auto parsed = parse_config("c.yaml", "installation: a\nsource: { url: https://x.org/m.git }\n");
  REQUIRE(parsed.diagnostics.empty());
  CHECK(parsed.config.source.branch == "main");
  CHECK(parsed.config.source.path == "manifests");
  CHECK(parsed.config.source.poll_interval == Millis(60'000));
  CHECK(parsed.config.listen == "127.0.0.1:8470");
  CHECK(parsed.config.socket == "/run/plimsoll/plimsoll.sock");
  CHECK_FALSE(parsed.config.open_metrics);
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
      {"installation: \"\"\nsource: { url: https://x.org/m }\n", "c.yaml:1:1",
       "\"\" cannot be an installation id; use 1 to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit"},
      {"installation: a\nsource: { url: https://x.org/m }\nstate_dir: relative\n", "c.yaml:3:1",
       "state_dir: \"relative\" is not an absolute path; begin it with /"},
      {"installation: a\nsource: { url: https://x.org/m, poll_interval: 1ms }\n", "c.yaml:2",
       "source.poll_interval: \"1ms\" is shorter than 100ms; write 100ms or more"},
      {"installation: a\nsource: { url: https://x.org/m }\nlisten: 8470\n", "c.yaml:3", "listen"},
      {"installation: a\nsource: { url: https://x.org/m }\nlisten: \"8470\"\n", "c.yaml:3:1",
       "listen: '8470' has no port; write an address and a port such as 127.0.0.1:8470"},
      {"installation: 7\nsource: { url: https://x.org/m }\n", "c.yaml:1", "installation"},
      {"installation: a\nsource: { url: https://x.org/m }\nplain_engines: [tcp://10.0.0.1:2375]\n", "c.yaml:3:1",
       "host:port"},
      {"installation: a\nsource: { url: https://x.org/m }\nplain_engines: [10.0.0.1]\n", "c.yaml:3:1", "host:port"},
      {"installation: a\nsource: { url: https://x.org/m }\nplain_engines: 10.0.0.1:2375\n", "c.yaml:3", "list"},
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
  const auto schema = schema_of_controller();
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

TEST_CASE("what the schema of controller.yaml refuses, its reader refuses, and ids and paths the other way round") {
  std::vector<std::pair<std::vector<std::string>, json::object>> texts;
  collect_texts(schema_of_controller(), {}, texts);
  std::set<std::string> seen;
  for (const auto& [path, rule] : texts) {
    seen.insert(path.back());
    const std::set<std::string> stricter{"poll_interval", "fetch_timeout", "listen", "url"};  // than a pattern can say
    for (const std::string& text : {std::string(),
                                    std::string("a"),
                                    std::string("acme-1_b"),
                                    std::string("7"),
                                    std::string("A"),
                                    std::string("a.b"),
                                    std::string("-a"),
                                    std::string("_a"),
                                    std::string("a b"),
                                    std::string(63, 'a'),
                                    std::string(64, 'a'),
                                    std::string("/a"),
                                    std::string("a/b"),
                                    std::string("./a"),
                                    std::string("~/a"),
                                    std::string("60"),
                                    std::string("60s"),
                                    std::string("1m30s"),
                                    std::string("-5s"),
                                    std::string("0s"),
                                    std::string("1ms"),
                                    std::string("soon"),
                                    std::string("127.0.0.1:8470"),
                                    std::string("127.0.0.1"),
                                    std::string(":x"),
                                    std::string("[::1]:0")}) {
      const auto parsed = parse_config("c.yaml", config_with(path, text));
      INFO(path.back() << ": '" << text << "' " << all(parsed.diagnostics));
      if (!fits(rule, text)) CHECK(has_errors(parsed.diagnostics));
      if (fits(rule, text) && !stricter.contains(path.back())) CHECK_FALSE(has_errors(parsed.diagnostics));
    }
  }
  CHECK(seen.contains("installation"));
  CHECK(seen.size() >= 10);
}
