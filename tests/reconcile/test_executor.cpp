#include <catch2/catch.hpp>

#include <stdexcept>

#include "reconcile/executor.hpp"
#include "reconcile/recording_engine.hpp"

using namespace plimsoll;
using namespace std::chrono_literals;
using namespace plimsoll::reconcile;
using test::RecordingEngine;

namespace {

using Lines = std::vector<std::string>;

std::shared_ptr<DesiredService> service(const std::string& name, const std::string& image,
                                        const std::vector<std::string>& depends_on = {}) {
  auto made = std::make_shared<DesiredService>();
  made->spec.name = name;
  made->spec.image = image;
  for (const auto& one : depends_on) made->depends_on.push_back({.service = one});
  return made;
}

DesiredTarget target_of(const std::vector<std::shared_ptr<DesiredService>>& services) {
  DesiredTarget desired;
  desired.id = {"dev", "backend", "dev-1"};
  for (const auto& one : services) desired.services.push_back(*one);
  return desired;
}

Step pull(const std::string& name, const std::string& image) { return {name, EnsureImage{name, image, "", ""}, ""}; }
Step create(const std::shared_ptr<const DesiredService>& made) {
  return {made->spec.name, CreateContainer{.name = "dev-backend-" + made->spec.name + "-1", .service = made}, ""};
}
Step start(const std::string& name) { return {name, StartContainer{{"", "dev-backend-" + name + "-1"}}, ""}; }

/// Hears everything, as lines.
struct Heard final : ProgressSink {
  Lines lines;
  void step_started(const TargetId& target, const Step& step) override {
    lines.push_back(to_string(target) + " > " + to_string(step));
  }
  void step_finished(const TargetId& /*target*/, const ExecutedStep& done) override {
    CHECK(done.duration >= 0ms);
    CHECK(done.ended + 60s > std::chrono::steady_clock::now());
    lines.push_back("< " + to_string(done.step) + (done.error ? " ! " + done.error->message : ""));
  }
  void pull_progress(const TargetId& /*target*/, const ports::PullProgress& progress) override {
    lines.push_back(progress.reference + " " + std::to_string(progress.current_bytes) + "/" +
                    std::to_string(progress.total_bytes));
  }
};

struct Bench {
  RecordingEngine engine;
  Heard heard;
  DesiredTarget desired;
  Plan plan;
  ExecutionInput input() {
    plan.target = {"dev", "backend", "dev-1"};
    return {.plan = plan, .desired = &desired, .engine = engine, .progress = heard};
  }
};

}  // namespace

TEST_CASE("steps run in the order of the plan") {
  Bench bench;
  const auto api = service("api", "acme/api:1");
  bench.plan.steps = {pull("api", "acme/api:1"), create(api), start("api")};
  const auto done = execute(bench.input());
  CHECK(bench.engine.lines() ==
        Lines{"EnsureImage acme/api:1", "CreateContainer dev-backend-api-1", "StartContainer dev-backend-api-1"});
  CHECK(done.steps.size() == 3);
  CHECK(done.errors.empty());
  CHECK_FALSE(done.stopped);
}

TEST_CASE("a created container gets the digest that its image was found to have") {
  Bench bench;
  const auto api = service("api", "acme/api:1");
  const auto web = service("web", "acme/web:1");
  auto pinned = create(web);
  std::get<CreateContainer>(pinned.action).image_digest = "sha256:pinned";
  bench.engine.digests = {{"acme/api:1", "sha256:api"}, {"acme/web:1", "sha256:web"}};
  bench.plan.steps = {pull("api", "acme/api:1"), pull("web", "acme/web:1"), create(api), pinned,
                      create(service("x", "other:1"))};
  (void)execute(bench.input());
  const auto digest = [&](std::size_t i) {
    return std::get<CreateContainer>(bench.engine.asked[i].action).image_digest;
  };
  CHECK(digest(2) == "sha256:api");
  CHECK(digest(3) == "sha256:pinned");
  CHECK(digest(4).empty());
}

TEST_CASE("later steps address a created container by its id, also after it was renamed") {
  Bench bench;
  const auto api = service("api", "acme/api:1");
  bench.plan.steps = {create(api),
                      start("api"),
                      {"api", RenameContainer{{"", "dev-backend-api-1"}, "renamed"}, ""},
                      {"api", RemoveContainer{{"", "renamed"}, true}, ""},
                      {"api", StopContainer{{"own", "observed"}, {}}, ""},
                      {"api", StartContainer{{"", "unknown"}}, ""}};
  (void)execute(bench.input());
  const auto& asked = bench.engine.asked;
  CHECK(std::get<StartContainer>(asked[1].action).container.id == "id-of-dev-backend-api-1");
  CHECK(std::get<RenameContainer>(asked[2].action).container.id == "id-of-dev-backend-api-1");
  CHECK(std::get<RemoveContainer>(asked[3].action).container.id == "id-of-dev-backend-api-1");
  CHECK(std::get<StopContainer>(asked[4].action).container.id == "own");
  CHECK(std::get<StartContainer>(asked[5].action).container.id.empty());
}

TEST_CASE("a rename that frees a name frees it for the container that takes it next") {
  Bench bench;
  const auto api = service("api", "acme/api:2");
  bench.plan.steps = {create(api),
                      {"api", RenameContainer{{"old", "dev-backend-api-1"}, "dev-backend-api-1.prev"}, ""},
                      {"api", StartContainer{{"", "dev-backend-api-1.prev"}}, ""}};
  (void)execute(bench.input());
  CHECK(std::get<StartContainer>(bench.engine.asked[2].action).container.id == "old");
}

TEST_CASE("a failed step ends its service and those that depend on it; others go on") {
  Bench bench;
  const auto db = service("db", "mysql:8");
  const auto api = service("api", "acme/api:1", {"db"});
  const auto edge = service("edge", "nginx:1", {"api"});
  const auto mail = service("mail", "mail:1");
  bench.desired = target_of({api, db, edge, mail});
  bench.engine.failures["CreateContainer dev-backend-db-1"] = {ErrorKind::conflict, "name taken"};
  bench.plan.steps = {create(db), start("db"), create(api), create(edge), create(mail), start("mail")};
  const auto done = execute(bench.input());
  CHECK(bench.engine.lines() == Lines{"CreateContainer dev-backend-db-1", "CreateContainer dev-backend-mail-1",
                                      "StartContainer dev-backend-mail-1"});
  REQUIRE(done.errors.size() == 1);
  CHECK(done.errors.at("db").message == "name taken");
  CHECK_FALSE(done.stopped);
}

TEST_CASE("held steps are left to the next plan when any step before them failed") {
  Bench bench;
  const auto api = service("api", "acme/api:1");
  const auto web = service("web", "acme/web:1");
  bench.desired = target_of({api, web});
  bench.plan.steps = {create(api), create(web), start("api"), start("web")};
  bench.plan.held = 2;
  const Lines prepared{"CreateContainer dev-backend-api-1", "CreateContainer dev-backend-web-1"};
  SECTION("none did") {
    CHECK(execute(bench.input()).errors.empty());
    CHECK(bench.engine.lines() ==
          Lines{prepared[0], prepared[1], "StartContainer dev-backend-api-1", "StartContainer dev-backend-web-1"});
  }
  SECTION("one did: not even what is prepared begins") {
    bench.engine.failures[prepared[1]] = {ErrorKind::rejected, "no such device"};
    const auto done = execute(bench.input());
    CHECK(bench.engine.lines() == prepared);
    CHECK(done.errors.size() == 1);
    CHECK_FALSE(done.stopped);
  }
  SECTION("one was skipped, since it had failed before") {
    auto input = bench.input();
    input.failed_before = {identity(bench.plan.steps[1])};
    CHECK(execute(input).errors.empty());
    CHECK(bench.engine.lines() == Lines{prepared[0]});
  }
  SECTION("one of the held did: its service ends, the others go on") {
    bench.engine.failures["StartContainer dev-backend-api-1"] = {ErrorKind::rejected, "no such device"};
    CHECK(execute(bench.input()).errors.size() == 1);
    CHECK(bench.engine.lines().back() == "StartContainer dev-backend-web-1");
  }
}

TEST_CASE("services that depend on each other in a circle do not hang the executor") {
  Bench bench;
  const auto a = service("a", "a:1", {"b"});
  const auto b = service("b", "b:1", {"a"});
  bench.desired = target_of({a, b});
  bench.plan.steps = {create(a), create(b)};
  CHECK(execute(bench.input()).steps.size() == 2);
}

TEST_CASE("a failed step of the target as a whole ends the plan") {
  Bench bench;
  bench.engine.failures["StopContainer x"] = {ErrorKind::transient, "down"};
  bench.plan.steps = {{"", StopContainer{{"1", "x"}, {}}, ""}, create(service("api", "acme/api:1"))};
  const auto done = execute(bench.input());
  CHECK(bench.engine.lines() == Lines{"StopContainer x"});
  CHECK(done.errors.count("") == 1);
}

TEST_CASE("a network that cannot be removed holds nothing else back, and is not tried twice in a pass") {
  Bench bench;
  bench.engine.failures["RemoveNetwork a"] = {ErrorKind::conflict, "in use"};
  bench.plan.steps = {{"", RemoveNetwork{"1", "a"}, ""}, {"", RemoveNetwork{"2", "b"}, ""}, start("api")};
  const auto done = execute(bench.input());
  CHECK(bench.engine.lines() == Lines{"RemoveNetwork a", "RemoveNetwork b", "StartContainer dev-backend-api-1"});
  REQUIRE(done.errors.size() == 1);
  auto again = bench.input();
  REQUIRE(done.failed.size() == 1);
  again.failed_before = {done.failed.begin()->first};
  CHECK(execute(again).steps.size() == 2);
}

TEST_CASE("a network or volume that cannot be had ends the services that need it; others go on") {
  Bench bench;
  const auto api = service("api", "acme/api:1");
  const auto db = service("db", "mysql:8");
  const auto mail = service("mail", "mail:1");
  Step ensure;
  SECTION("network") {
    NetworkSpec network;
    network.name = "shared";
    ensure.action = EnsureNetwork{network};
    api->spec.networks = db->spec.networks = {{.network = "other"}, {.network = "shared"}};
    mail->spec.networks = {{.network = "other"}};
  }
  SECTION("volume") {
    VolumeSpec volume;
    volume.name = "shared";
    ensure.action = EnsureVolume{volume};
    api->spec.mounts = db->spec.mounts = {{.type = Mount::Type::volume, .source = "shared"}};
    mail->spec.mounts = {{.type = Mount::Type::bind, .source = "shared"}};
  }
  bench.engine.failures[to_string(ensure)] = {ErrorKind::conflict, "not ours"};
  bench.plan.steps = {ensure, create(api), create(db), create(mail), start("mail")};
  const auto done = execute(bench.input());
  CHECK(bench.engine.lines() ==
        Lines{to_string(ensure), "CreateContainer dev-backend-mail-1", "StartContainer dev-backend-mail-1"});
  REQUIRE(done.errors.size() == 2);
  CHECK(done.errors.at("api").message == "not ours");
  CHECK(done.errors.at("db").kind == ErrorKind::conflict);
}

TEST_CASE("a network that cannot be had also ends a service that only wants to join it") {
  Bench bench;
  NetworkSpec network;
  network.name = "shared";
  bench.engine.failures["EnsureNetwork shared"] = {ErrorKind::transient, "down"};
  bench.plan.steps = {{"", EnsureNetwork{network}, ""},
                      {"api", ConnectNetwork{{"1", "x"}, {.network = "shared"}}, ""},
                      {"web", ConnectNetwork{{"2", "y"}, {.network = "other"}}, ""}};
  const auto done = execute(bench.input());
  CHECK(bench.engine.lines() == Lines{"EnsureNetwork shared", "ConnectNetwork y to other as []"});
  CHECK(done.errors.size() == 1);
  CHECK(done.errors.count("api") == 1);
}

TEST_CASE("a failed pull also ends the other service that needs the image") {
  Bench bench;
  const auto api = service("api", "acme/api:1");
  const auto worker = service("worker", "acme/api:1");
  bench.engine.failures["EnsureImage acme/api:1"] = {ErrorKind::missing, "no such tag"};
  bench.plan.steps = {pull("api", "acme/api:1"), create(api), create(worker), start("worker")};
  const auto done = execute(bench.input());
  CHECK(bench.engine.lines() == Lines{"EnsureImage acme/api:1"});
  CHECK(done.errors.at("api").message == "no such tag");
  CHECK(done.errors.at("worker").message == "no such tag");
}

TEST_CASE("a step that failed before ends its service again without a try; another step of the service is done") {
  Bench bench;
  auto input = bench.input();
  bench.plan.steps = {create(service("api", "a:1")), start("api"), create(service("web", "w:1"))};
  SECTION("the first") {
    input.failed_before = {identity(bench.plan.steps[0])};
    CHECK(execute(input).errors.empty());
    CHECK(bench.engine.lines() == Lines{"CreateContainer dev-backend-web-1"});
  }
  SECTION("a later one") {
    input.failed_before = {identity(bench.plan.steps[1])};
    CHECK(execute(input).errors.empty());
    CHECK(bench.engine.lines() == Lines{"CreateContainer dev-backend-api-1", "CreateContainer dev-backend-web-1"});
  }
}

TEST_CASE("a dependency that is not required skips nothing when it fails") {
  Bench bench;
  const auto cache = service("cache", "redis:7");
  const auto api = service("api", "acme/api:1", {"cache"});
  api->depends_on.front().required = false;
  bench.desired = target_of({api, cache});
  bench.engine.failures["CreateContainer dev-backend-cache-1"] = {ErrorKind::unauthorized, "login refused"};
  bench.plan.steps = {create(cache), create(api), start("api")};
  CHECK(execute(bench.input()).errors.size() == 1);
  CHECK(bench.engine.lines().back() == "StartContainer dev-backend-api-1");
}

TEST_CASE("a stop request or a newer desired state ends the plan between two steps") {
  Bench bench;
  std::stop_source stop;
  bool newer = false;
  auto input = bench.input();
  bench.plan.steps = {create(service("api", "a:1")), start("api"), start("api")};
  SECTION("stop") {
    input.stop = stop.get_token();
    bench.engine.on_apply = [&](const Action&) { stop.request_stop(); };
  }
  SECTION("superseded") {
    input.superseded = [&] { return newer; };
    bench.engine.on_apply = [&](const Action&) { newer = true; };
  }
  const auto done = execute(input);
  CHECK(done.steps.size() == 1);
  CHECK(done.stopped);
  CHECK(done.errors.empty());
}

TEST_CASE("a cancelled call stops the plan and is no failure of the service") {
  Bench bench;
  bench.engine.failures["StartContainer dev-backend-api-1"] = {ErrorKind::cancelled, "stop requested"};
  bench.plan.steps = {create(service("api", "a:1")), start("api"), start("web")};
  const auto done = execute(bench.input());
  CHECK(done.steps.size() == 2);
  CHECK(done.stopped);
  CHECK(done.errors.empty());
}

TEST_CASE("progress is heard step by step, with pulls and errors") {
  Bench bench;
  bench.engine.failures["StartContainer dev-backend-api-1"] = {ErrorKind::conflict, "port taken"};
  bench.plan.steps = {pull("api", "a:1"), start("api")};
  (void)execute(bench.input());
  CHECK(bench.heard.lines == Lines{"dev/backend@dev-1 > api: EnsureImage a:1", "a:1 10/20", "< api: EnsureImage a:1",
                                   "dev/backend@dev-1 > api: StartContainer dev-backend-api-1",
                                   "< api: StartContainer dev-backend-api-1 ! port taken"});
}

TEST_CASE("every action is called with its deadline, the stop token, the target and its secrets") {
  Bench bench;
  std::stop_source stop;
  bench.desired = target_of({service("api", "a:1")});
  bench.desired.secrets = std::make_shared<SecretTable>();
  bench.plan.steps = {pull("api", "a:1"), start("api"), {"api", StopContainer{{"1", "x"}, 20s}, ""}};
  auto input = bench.input();
  input.stop = stop.get_token();
  const auto before = std::chrono::steady_clock::now();
  (void)execute(input);
  const std::vector<Millis> limits{30min, 60s, 35s};
  REQUIRE(bench.engine.asked.size() == limits.size());
  for (std::size_t i = 0; i < limits.size(); ++i) {
    const auto& asked = bench.engine.asked[i];
    CHECK(asked.call.deadline >= before + limits[i]);
    CHECK(asked.call.deadline <= asked.at + limits[i]);
    CHECK(asked.call.stop == stop.get_token());
    CHECK(asked.target == bench.plan.target);
    CHECK(asked.secrets == bench.desired.secrets.get());
  }
}

TEST_CASE("a stop may take the longest grace period that is known for the container, and a margin") {
  struct Row {
    std::optional<Millis> explicit_grace, desired_grace;
    std::string applied_grace;
    Millis limit;
  };
  const auto row = GENERATE(values<Row>({{{}, {}, "", 25s},
                                         {5s, 90s, "90000ms", 20s},
                                         {{}, 90s, "", 105s},
                                         {{}, 1s, "", 25s},
                                         {{}, {}, "90000ms", 105s},
                                         {{}, 30s, "90000ms", 105s},
                                         {{}, {}, "soon", 25s},
                                         {{}, {}, "-5ms", 25s},
                                         {{}, {}, "99999999999999ms", 24h + 15s},
                                         {{}, {}, "99999999999999999999999ms", 25s}}));
  CAPTURE(row.applied_grace);
  const auto api = service("api", "a:1");
  api->spec.stop_grace_period = row.desired_grace;
  const auto desired = target_of({api});
  ObservedInstance observed;
  observed.containers.resize(2);
  observed.containers[0].id = "other";
  observed.containers[0].applied["stop_grace_period"] = "3600000ms";
  observed.containers[1].id = "old";
  if (!row.applied_grace.empty()) observed.containers[1].applied["stop_grace_period"] = row.applied_grace;
  const Step step{"api", StopContainer{{"old", "dev-backend-api-1"}, row.explicit_grace}, ""};
  CHECK(action_limit(step, &desired, &observed, {}) == row.limit);
}

TEST_CASE("without a manifest and an observation a stop has the engine's own grace period") {
  CHECK(action_limit({"api", StopContainer{{"old", "x"}, {}}, ""}, nullptr, nullptr, {}) == 25s);
}

TEST_CASE("an engine that throws fails the step, not the program, and other services go on") {
  Bench bench;
  bench.plan.steps = {start("api"), start("web")};
  bench.engine.on_apply = [](const Action& action) {
    if (std::get<StartContainer>(action).container.name == "dev-backend-api-1") throw std::out_of_range("map::at");
  };
  const auto done = execute(bench.input());
  REQUIRE(done.errors.size() == 1);
  CHECK(done.errors.at("api").kind == ErrorKind::internal);
  CHECK(done.errors.at("api").message.find("map::at") != std::string::npos);
  CHECK(done.steps.size() == 2);
}
