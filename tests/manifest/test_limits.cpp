// What a small push can ask for, at the level of a whole revision: the broken app says so in one error, its neighbours
// go on, and it is not loaded again until it changes.
#include <catch2/catch.hpp>
#include <chrono>

#include "manifest/desired_loader.hpp"
#include "manifest_tree.hpp"

using namespace plimsoll;
using manifest::load_desired;
using test::file_entry;

namespace {

const Revision kRevision{"main", std::string(40, '1')};

/// `text` once for each number from 0, with the number for `#`.
std::string times(int count, std::string_view text) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    for (char c : text) out += c == '#' ? std::to_string(i) : std::string(1, c);
  }
  return out;
}

/// Nine good apps, and what `environment` adds: it may name the app `bad`, whose files are `bad`.
RepositoryFiles nine_and(const std::map<std::string, std::string>& bad, const std::string& environment) {
  RepositoryFiles files;
  files["instances.yaml"] = file_entry("instances: { one: { engine: unix:///var/run/docker.sock } }\n");
  files["environments/dev.yaml"] =
      file_entry("environment: dev\ninstances: [one]\napps:\n" + times(9, "  good#: {}\n") + environment);
  for (int i = 0; i < 9; ++i) {
    files["apps/good" + std::to_string(i) + "/compose.yaml"] = file_entry("services: { web: { image: \"a:1\" } }\n");
  }
  for (const auto& [name, text] : bad) files["apps/bad/" + name] = file_entry(text);
  return files;
}

std::size_t good_ones(const DesiredState& state) {
  return static_cast<std::size_t>(std::count_if(state.targets.begin(), state.targets.end(),
                                                [](const auto& one) { return one.id.app.starts_with("good"); }));
}

std::size_t bytes_of(const DesiredState& state) {
  std::size_t bytes = 0;
  for (const DesiredTarget& target : state.targets) {
    for (const DesiredService& service : target.services) {
      for (const auto& [path, value] : service.canonical) bytes += path.size() + value.size();
    }
  }
  for (const BrokenApp& app : state.broken) {
    for (const Diagnostic& one : app.diagnostics) bytes += to_string(one).size();
  }
  for (const Diagnostic& one : state.diagnostics) bytes += to_string(one).size();
  return bytes;
}

manifest::LoadContext context_with(manifest::AppCache& cache) {
  manifest::LoadContext context;
  context.cache = &cache;
  return context;
}

const std::string kHead = "services:\n  s:\n    image: a:1\n";

}  // namespace

TEST_CASE("an app that stands for too much is one error, and its nine neighbours go on") {
  struct Row {
    std::string name;
    std::map<std::string, std::string> files;
    std::string error;
  };
  const std::vector<Row> rows{
      {"long aliases",
       {{"compose.yaml",
         "x-a: &a \"" + std::string(400'000, 'A') + "\"\nx-b: [" + times(4'000, "*a, ") + "]\n" + kHead}},
       "once aliases are followed"},
      {"long variables",
       {{".env", "A=" + std::string(500'000, 'B') + "\n"},
        {"compose.yaml", kHead + "    environment:\n      X: \"" + times(20'000, "$A") + "\"\n"}},
       "once variables are put in"},
      {"all ports", {{"compose.yaml", kHead + "    ports: [\"1-65535:1-65535\"]\n"}}, "more than 12000 ports"},
      {"all ports exposed", {{"compose.yaml", kHead + "    expose: [\"1-65535\"]\n"}}, "more than 12000 ports"},
      {"a config mounted many times",
       {{"compose.yaml", kHead + "    configs:\n" + times(4'900, "      - { source: c, target: /t# }\n") +
                             "configs:\n  c: { content: \"" + std::string(500'000, 'x') + "\" }\n"}},
       "the app weighs more than 33554432 bytes"},
      {"a directory mounted many times",
       {{"data", std::string(900'000, 'x')},
        {"compose.yaml", kHead + "    volumes:\n" + times(4'900, "      - \"./:/t#\"\n")}},
       "the app weighs more than 33554432 bytes"},
      {"a name that every field repeats",
       {{"compose.yaml", kHead + "    networks:\n      default:\n        aliases: [" + times(4'900, "a#, ") +
                             "]\nnetworks:\n  default: { name: \"" + std::string(500'000, 'n') + "\" }\n"}},
       "networks.default.name: more than 255 bytes"},
      {"a duration that no sum can hold",
       {{"compose.yaml", kHead + "    healthcheck: { test: [CMD, a], interval: 2500000h, retries: 1000000 }\n"}},
       "a duration of a year at most"},
      {"replicas", {{"compose.yaml", kHead + "    deploy: { replicas: 1000000 }\n"}}, "a whole number from 0 to 1000"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    const DesiredState state = load_desired(nine_and(row.files, "  bad: {}\n"), kRevision, {});
    CHECK(state.targets.size() == 9);
    CHECK(good_ones(state) == 9);
    REQUIRE(state.broken.size() == 1);
    CHECK(state.broken[0].app == "bad");
    const Diagnostics& found = state.broken[0].diagnostics;
    CHECK(std::count_if(found.begin(), found.end(), [](const auto& d) { return d.severity == Severity::error; }) == 1);
    CHECK_THAT(to_string(found.front()), Catch::Contains("apps/bad/compose.yaml") && Catch::Contains(row.error));
    CHECK(bytes_of(state) < 100'000);
  }
}

TEST_CASE("one heavy app under many names takes no more than there is room for, and nothing from its neighbours") {
  const std::string heavy = kHead + "    environment:\n" + times(4'900, "      KEY_NUMBER_#: some value\n");
  const RepositoryFiles files = nine_and({{"compose.yaml", heavy}}, times(300, "  bad#: { app: bad }\n"));
  manifest::AppCache cache;
  const DesiredState state = load_desired(files, kRevision, context_with(cache));
  CHECK(good_ones(state) == 9);
  CHECK(state.targets.size() > 20);
  CHECK(state.targets.size() + state.broken.size() == 309);
  CHECK(bytes_of(state) < kMaxRevisionWeight);
  for (const BrokenApp& app : state.broken) {
    REQUIRE(app.diagnostics.size() == 1);
    CHECK_THAT(to_string(app.diagnostics[0]), Catch::Contains("environments/dev.yaml:") &&
                                                  Catch::Contains("all apps together weigh more than 67108864"));
  }
  CHECK(manifest::same_targets(state, load_desired(files, kRevision, context_with(cache))));
}

TEST_CASE("an environment has a limited number of apps, and all of them a limited number of targets") {
  const DesiredState many = load_desired(nine_and({}, times(1'000, "  a#: { app: good1 }\n")), kRevision, {});
  CHECK(many.targets.empty());
  REQUIRE(many.broken.size() == 1);
  CHECK_THAT(to_string(many.broken[0].diagnostics.at(0)),
             Catch::Contains("environments/dev.yaml:") && Catch::Contains("1009 apps, more than the limit of 1000"));

  RepositoryFiles files = nine_and({}, times(500, "  many#: { app: good1, instances: [" + times(5, "i#, ") + "] }\n"));
  files["instances.yaml"] = file_entry("instances:\n  one: { engine: unix:///var/run/docker.sock }\n" +
                                       times(5, "  i#: { engine: unix:///var/run/docker.sock }\n"));
  const DesiredState wide = load_desired(files, kRevision, {});
  CHECK(good_ones(wide) == 9);
  CHECK(wide.targets.size() <= kMaxTargets);
  CHECK(wide.targets.size() > kMaxTargets - 10);
  REQUIRE_FALSE(wide.broken.empty());
  CHECK_THAT(to_string(wide.broken[0].diagnostics.at(0)), Catch::Contains("more than the limit of 2000"));
}

TEST_CASE("a broken app is not loaded again until it changes, and comes back with the revision that it had") {
  manifest::AppCache cache;
  const auto mended = nine_and({{"compose.yaml", kHead}}, "  bad: {}\n");
  REQUIRE(load_desired(mended, kRevision, context_with(cache)).broken.empty());
  RepositoryFiles files = nine_and({{"compose.yaml", kHead + "    restart: never\n"}}, "  bad: {}\n");
  const Revision later{"main", std::string(40, '2')};
  const DesiredState broken = load_desired(files, later, context_with(cache));
  REQUIRE(broken.broken.size() == 1);
  const auto* kept = cache.find({"dev", "bad", "one"});
  REQUIRE(kept != nullptr);
  CHECK(kept->broken);
  REQUIRE(kept->target);
  CHECK(cache.targets_of("dev", "bad").size() == 1);
  // The object id is what the key goes by: with the old one the new content is not looked at.
  files["apps/bad/compose.yaml"].content = std::make_shared<const std::string>("services: [");
  CHECK(manifest::same_targets(broken, load_desired(files, later, context_with(cache))));
  const DesiredState again = load_desired(mended, later, context_with(cache));
  CHECK(again.broken.empty());
  for (const DesiredTarget& target : again.targets) CHECK(target.revision == kRevision);
}

TEST_CASE("an app that never loaded well is kept as broken, and counts as no target that ran") {
  manifest::AppCache cache;
  const auto files = nine_and({{"compose.yaml", "services: ["}}, "  bad: {}\n");
  const DesiredState first = load_desired(files, kRevision, context_with(cache));
  REQUIRE(cache.find({"dev", "bad", "one"}) != nullptr);
  CHECK(cache.targets_of("dev", "bad").empty());
  CHECK(manifest::same_targets(first, load_desired(files, kRevision, context_with(cache))));
  const DesiredState mended =
      load_desired(nine_and({{"compose.yaml", kHead}}, "  bad: {}\n"), kRevision, context_with(cache));
  CHECK(mended.targets.size() == 10);
}

TEST_CASE("a load ends between two apps when it is asked to, and leaves nothing half loaded in the cache") {
  manifest::AppCache cache;
  manifest::LoadContext context = context_with(cache);
  std::stop_source stop;
  context.stop = stop.get_token();
  context.read_secret = [&stop](const std::string&, const std::string&) -> Result<Secret> {
    stop.request_stop();
    return Secret("x");
  };
  const auto files = nine_and({{"compose.yaml", kHead}}, "  bad: { secrets: [A] }\n");
  CHECK(load_desired(files, kRevision, context).targets.empty());
  CHECK(cache.targets_of("dev", "").empty());
  CHECK(cache.find({"dev", "good1", "one"}) == nullptr);
}

TEST_CASE("many errors of one app are told once each, up to the limit") {
  const auto files = nine_and({{"compose.yaml", kHead + "    depends_on: [" + times(1'000, "d#, ") + "]\n"}},
                              times(10, "  bad#: { app: bad }\n"));
  const DesiredState state = load_desired(files, kRevision, {});
  CHECK(good_ones(state) == 9);
  REQUIRE(state.broken.size() == 10);
  for (const BrokenApp& app : state.broken) CHECK(app.diagnostics.size() == 101);
}

TEST_CASE("errors of a file of ours, and long paths and words in it, cost little") {
  const DesiredState state =
      load_desired(nine_and({{"compose.yaml", "services:\n  " + std::string(60, 's') + ": { image: \"a:1\" }\n"}},
                            "  bad: { images: {" + times(4'900, std::string(50, 't') + "#: 1, ") + "}, override: \"" +
                                times(200'000, "a/") + "\" }\n"),
                   kRevision, {});
  CHECK(good_ones(state) == 9);
  REQUIRE(state.broken.size() == 1);
  CHECK(bytes_of(state) < 200'000);
}
