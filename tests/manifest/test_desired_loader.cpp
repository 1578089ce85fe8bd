#include <catch2/catch.hpp>

#include <functional>

#include "manifest/canonical.hpp"
#include "manifest/desired_loader.hpp"
#include "manifest/instances.hpp"
#include "manifest/render.hpp"
#include "manifest_tree.hpp"

using namespace plimsoll;
using manifest::load_desired;
using test::file_entry;

namespace {

const Revision kFirst{"main", std::string(40, '1')};
const Revision kSecond{"main", std::string(40, '2')};
const std::string kCanary = "canary-7d1f0c";

/// Two apps on one instance; `apps` of both read the secret PASSWORD.
RepositoryFiles two_apps() {
  RepositoryFiles files;
  files["instances.yaml"] = file_entry("instances: { dev-1: { engine: unix:///var/run/docker.sock } }\n");
  files["environments/dev.yaml"] = file_entry(
      "environment: dev\ninstances: [dev-1]\n"
      "apps: { one: { secrets: [PASSWORD], images: { web: 1.0.0 } }, two: { images: { web: 1.0.0 } } }\n");
  files["apps/one/compose.yaml"] = file_entry(
      "services:\n  web:\n    image: acme/one\n    environment: { PASSWORD: \"${PASSWORD}\" }\n"
      "    command: [serve, \"--password=${PASSWORD}\"]\n"
      "    configs: [conf]\n"
      "    secrets: [password]\n"
      "configs: { conf: { content: \"key=${PASSWORD}\" } }\n"
      "secrets: { password: { environment: PASSWORD } }\n");
  files["apps/two/compose.yaml"] = file_entry("services: { web: { image: acme/two, volumes: [\"./conf:/conf\"] } }\n");
  files["apps/two/conf/a"] = file_entry("a");
  return files;
}

manifest::LoadContext context_with(manifest::AppCache* cache, std::string value = kCanary) {
  manifest::LoadContext context;
  context.token_key = "key";
  context.cache = cache;
  context.read_secret = [value](const std::string&, const std::string&) -> Result<Secret> { return Secret(value); };
  return context;
}

const DesiredTarget& target(const DesiredState& state, const std::string& app) {
  for (const DesiredTarget& one : state.targets) {
    if (one.id.app == app) return one;
  }
  FAIL("no target of app " + app);
  throw 0;
}

void set_file(RepositoryFiles& files, const std::string& path, std::string content) {
  files[path] = file_entry(std::move(content));
}

/// All that leaves the loader towards people and labels.
std::string everything_visible(const DesiredState& state) {
  std::string out = manifest::render(state, {}, manifest::RenderFormat::yaml) +
                    manifest::render(state, {}, manifest::RenderFormat::json);
  for (const Diagnostic& one : state.diagnostics) out += to_string(one) + "\n";
  for (const BrokenApp& app : state.broken) {
    for (const Diagnostic& one : app.diagnostics) out += to_string(one) + "\n";
  }
  for (const DesiredTarget& one : state.targets) {
    for (const DesiredService& service : one.services) {
      for (const auto& [path, value] : service.canonical) out += path + "=" + value + "\n";
    }
  }
  return out;
}

}  // namespace

TEST_CASE("a secret's value is in the table only, and the token stands for it everywhere else") {
  const DesiredState state = load_desired(two_apps(), kFirst, context_with(nullptr));
  REQUIRE(state.broken.empty());
  CHECK(everything_visible(state).find(kCanary) == std::string::npos);
  const DesiredTarget& one = target(state, "one");
  REQUIRE(one.secrets);
  REQUIRE(one.secrets->size() == 1);
  const ServiceSpec& spec = one.services.at(0).spec;
  CHECK(expand_secrets(*spec.environment.at("PASSWORD"), *one.secrets) == kCanary);
  CHECK(expand_secrets(spec.command->at(1), *one.secrets) == "--password=" + kCanary);
  REQUIRE(spec.mounts.size() == 2);
  CHECK(spec.mounts[0].target == "/conf");
  CHECK(expand_secrets(*spec.mounts[0].files.at(0).content, *one.secrets) == "key=" + kCanary);
  CHECK(spec.mounts[1].target == "/run/secrets/password");
  CHECK(expand_secrets(*spec.mounts[1].files.at(0).content, *one.secrets) == kCanary);
  CHECK(target(state, "two").secrets == nullptr);
}

TEST_CASE("a secret's value is in no error, wherever the secret is misused") {
  for (const std::string& misuse :
       {std::string("image: \"${PASSWORD}\""), std::string("image: a:1\n    ports: [\"${PASSWORD}\"]"),
        std::string("image: a:1\n    restart: ${PASSWORD}"), std::string("image: a:1\n    mem_limit: ${PASSWORD}"),
        std::string("image: a:1\n    volumes: [\"./${PASSWORD}:/x\"]"),
        std::string("image: a:1\n    container_name: ${PASSWORD}"),
        std::string("image: a:1\n    labels: { a: \"${PASSWORD}\" }"),
        std::string("image: a:1\n    environment: [\"${PASSWORD}=x\"]"),
        std::string("image: a:1\n    healthcheck: { test: [\"${PASSWORD}\"] }"),
        std::string("image: a:1\n    env_file: [\"${PASSWORD}\"]"),
        std::string("image: a:1\n    network_mode: ${PASSWORD}"),
        std::string("image: a:1\n    depends_on: [\"${PASSWORD}\"]"),
        std::string("image: a:1\n    deploy: { mode: \"${PASSWORD}\" }"),
        std::string("image: a:1\n    stop_grace_period: ${PASSWORD}")}) {
    RepositoryFiles files = two_apps();
    set_file(files, "apps/one/compose.yaml", "services:\n  web:\n    " + misuse + "\n");
    const DesiredState state = load_desired(files, kFirst, context_with(nullptr));
    INFO(misuse);
    CHECK(state.broken.size() == 1);
    const std::string visible = everything_visible(state);
    CHECK(visible.find(kCanary) == std::string::npos);
    CHECK(state.targets.size() == 1);
  }
}

TEST_CASE("a changed secret changes the digest, the same value does not") {
  const auto digest = [](const std::string& value) {
    return target(load_desired(two_apps(), kFirst, context_with(nullptr, value)), "one").services[0].digest;
  };
  CHECK(digest("a") == digest("a"));
  CHECK(digest("a") != digest("b"));
}

TEST_CASE("a secret that cannot be read breaks its app and says where it was looked for") {
  manifest::LoadContext context = context_with(nullptr);
  context.read_secret = [](const std::string& environment, const std::string& name) -> Result<Secret> {
    return Error{ErrorKind::rejected, name + " has no value: /secrets/" + environment + "/" + name};
  };
  const DesiredState state = load_desired(two_apps(), kFirst, context);
  REQUIRE(state.broken.size() == 1);
  CHECK(state.broken[0].app == "one");
  CHECK(state.broken[0].instances == std::vector<std::string>{"dev-1"});
  CHECK(to_string(state.broken[0].diagnostics.at(0)).ends_with("PASSWORD has no value: /secrets/dev/PASSWORD"));
  CHECK(state.targets.size() == 1);
}

TEST_CASE("an app that did not change keeps its revision, and the changed one gets the new") {
  manifest::AppCache cache;
  RepositoryFiles files = two_apps();
  static_cast<void>(load_desired(files, kFirst, context_with(&cache)));
  set_file(files, "apps/one/compose.yaml", "services: { web: { image: acme/changed } }\n");
  const DesiredState second = load_desired(files, kSecond, context_with(&cache));
  CHECK(second.revision == kSecond);
  CHECK(target(second, "one").revision == kSecond);
  CHECK(target(second, "two").revision == kFirst);
}

TEST_CASE("what changes no content changes no revision") {
  manifest::AppCache cache;
  RepositoryFiles files = two_apps();
  static_cast<void>(load_desired(files, kFirst, context_with(&cache)));
  set_file(files, "apps/two/compose.yaml",
           "# a comment\nservices: { web: { image: acme/two, volumes: [\"./conf:/conf\"] } }\n");
  set_file(files, "README.md", "new");
  const DesiredState second = load_desired(files, kSecond, context_with(&cache));
  CHECK(target(second, "one").revision == kFirst);
  CHECK(target(second, "two").revision == kFirst);
}

TEST_CASE("everything that an app depends on is part of its key") {
  const std::vector<std::pair<const char*, std::function<void(RepositoryFiles&)>>> changes{
      {"a mounted file", [](auto& f) { set_file(f, "apps/two/conf/a", "b"); }},
      {"a new mounted file", [](auto& f) { set_file(f, "apps/two/conf/b", "b"); }},
      {"the exec bit", [](auto& f) { f["apps/two/conf/a"].kind = RepositoryEntry::Kind::executable; }},
      {"the image",
       [](auto& f) {
         set_file(f, "environments/dev.yaml",
                  "environment: dev\ninstances: [dev-1]\napps: { two: { images: { web: 1.0.1 } } }\n");
       }},
      {"a variable of the environment",
       [](auto& f) {
         set_file(f, "environments/dev.yaml",
                  "environment: dev\ninstances: [dev-1]\nvariables: { WHO: env }\n"
                  "apps: { two: { images: { web: 1.0.0 } } }\n");
       }},
      {"a variable of the instance",
       [](auto& f) {
         set_file(f, "instances.yaml",
                  "instances: { dev-1: { engine: unix:///var/run/docker.sock, variables: { WHO: instance } } }\n");
       }},
      {"a file outside the app's directory",
       [](auto& f) { set_file(f, "shared/base.yaml", "services: { base: { tty: true } }\n"); }},
  };
  for (const auto& [what, change] : changes) {
    manifest::AppCache cache;
    RepositoryFiles files = two_apps();
    set_file(files, "shared/base.yaml", "services: { base: {} }\n");
    set_file(files, "apps/two/compose.yaml",
             "services:\n  web:\n    image: acme/two\n    volumes: [\"./conf:/conf\"]\n"
             "    environment: { WHO: \"${WHO:-nobody}\" }\n"
             "    extends: { file: ../../shared/base.yaml, service: base }\n");
    static_cast<void>(load_desired(files, kFirst, context_with(&cache)));
    change(files);
    const DesiredState second = load_desired(files, kSecond, context_with(&cache));
    INFO(what);
    CHECK(target(second, "two").revision == kSecond);
  }
}

TEST_CASE("a changed secret is seen at the same revision") {
  manifest::AppCache cache;
  const DesiredState first = load_desired(two_apps(), kFirst, context_with(&cache, "a"));
  const DesiredState same = load_desired(two_apps(), kFirst, context_with(&cache, "a"));
  const DesiredState second = load_desired(two_apps(), kFirst, context_with(&cache, "b"));
  CHECK(manifest::same_targets(first, same));
  CHECK_FALSE(manifest::same_targets(first, second));
  CHECK(target(first, "one").digest != target(second, "one").digest);
}

TEST_CASE("a broken environment file keeps all its apps in force, also those that it no longer names") {
  manifest::AppCache cache;
  RepositoryFiles files = two_apps();
  static_cast<void>(load_desired(files, kFirst, context_with(&cache)));
  for (const char* broken :
       {"environment: dev\n  apps: [", "environment: dev\nunknown: 1\ninstances: [dev-1]\napps: {}\n"}) {
    set_file(files, "environments/dev.yaml", broken);
    const DesiredState state = load_desired(files, kSecond, context_with(&cache));
    CHECK(state.targets.empty());
    REQUIRE(state.broken.size() == 3);
    CHECK(state.broken[0].app == "");
    CHECK(state.broken[1].app == "one");
    CHECK(state.broken[1].instances == std::vector<std::string>{"dev-1"});
    CHECK(state.broken[2].app == "two");
  }
  const DesiredState mended = load_desired(two_apps(), kSecond, context_with(&cache));
  CHECK(target(mended, "one").revision == kFirst);
}

TEST_CASE("a broken instances file leaves every instance as it was last, and the apps go on there") {
  manifest::AppCache cache;
  RepositoryFiles files = two_apps();
  const DesiredState first = load_desired(files, kFirst, context_with(&cache));
  set_file(files, "instances.yaml", "instances: [");
  const DesiredState state = load_desired(files, kSecond, context_with(&cache));
  CHECK(state.instances == first.instances);
  CHECK(state.targets.size() == 2);
  CHECK(state.broken.empty());
  CHECK(has_errors(state.diagnostics));
}

TEST_CASE("a broken instances file at the first load breaks every app") {
  manifest::AppCache cache;
  RepositoryFiles files = two_apps();
  set_file(files, "instances.yaml", "instances: [");
  const DesiredState state = load_desired(files, kFirst, context_with(&cache));
  CHECK(state.instances.empty());
  CHECK(state.targets.empty());
  CHECK(has_errors(state.diagnostics));
}

TEST_CASE("an instance that instances.yaml names no more is gone, one that it names with errors is as it was") {
  const auto known = [](const std::string& name) { return InstanceSpec{.name = name, .engine = "unix:///" + name}; };
  const std::map<std::string, InstanceSpec> last{{"a", known("a")}, {"b", known("b")}, {"c", known("c")}};
  const auto now = manifest::with_last_good({true, {{"c", known("moved")}}, {"b", "new"}}, last);
  CHECK(now.readable);
  CHECK(now.good.size() == 2);
  CHECK(now.good.at("b") == known("b"));
  CHECK(now.good.at("c") == known("moved"));
  CHECK(now.broken == std::set<std::string>{"new"});
}

TEST_CASE("an app that the environment no longer names is gone, and forgotten") {
  manifest::AppCache cache;
  RepositoryFiles files = two_apps();
  static_cast<void>(load_desired(files, kFirst, context_with(&cache)));
  set_file(files, "environments/dev.yaml", "environment: dev\ninstances: [dev-1]\napps: { two: {} }\n");
  const DesiredState state = load_desired(files, kSecond, context_with(&cache));
  CHECK(state.targets.size() == 1);
  CHECK(state.broken.empty());
  CHECK(cache.targets_of("dev", "one").empty());
  CHECK(cache.targets_of("dev", "two").size() == 1);
}

TEST_CASE("a change of the sync policy alone is no deployment") {
  manifest::AppCache cache;
  RepositoryFiles files = two_apps();
  const DesiredState first = load_desired(files, kFirst, context_with(&cache));
  set_file(files, "environments/dev.yaml",
           "environment: dev\ninstances: [dev-1]\nsync: { self_heal: false }\n"
           "apps: { one: { secrets: [PASSWORD], images: { web: 1.0.0 } }, two: { images: { web: 1.0.0 } } }\n");
  const DesiredState second = load_desired(files, kSecond, context_with(&cache));
  CHECK(target(second, "two").revision == kFirst);
  CHECK_FALSE(target(second, "two").sync.self_heal);
  CHECK_FALSE(manifest::same_targets(first, second));
}

TEST_CASE("a file over the limit is refused, not read") {
  RepositoryFiles files = two_apps();
  files["apps/two/conf/a"].content = nullptr;
  files["environments/prod.yaml"].content = nullptr;
  const DesiredState state = load_desired(files, kFirst, context_with(nullptr));
  CHECK(target(state, "one").services.size() == 1);
  REQUIRE(state.broken.size() == 2);
  CHECK(to_string(state.broken[0].diagnostics.at(0)).find("larger than 1 MiB") != std::string::npos);
  CHECK(to_string(state.broken[1].diagnostics.at(0)).find("larger than 1 MiB") != std::string::npos);
}

TEST_CASE("the bytes that delimit secret tokens cannot be written in a manifest") {
  RepositoryFiles files = two_apps();
  for (const std::string& text : {std::string("\x01PASSWORD:0\x02"), std::string("\"\\x01PASSWORD:0\\x02\"")}) {
    set_file(files, "environments/dev.yaml",
             "environment: dev\ninstances: [dev-1]\nvariables: { A: " + text + " }\napps: { two: {} }\n");
    const DesiredState state = load_desired(files, kFirst, context_with(nullptr));
    CHECK(state.targets.empty());
    CHECK_FALSE(state.broken.empty());
  }
}
