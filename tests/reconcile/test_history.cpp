#include <catch2/catch.hpp>

#include "reconcile/history.hpp"

using namespace plimsoll;
using namespace std::chrono_literals;
using namespace plimsoll::reconcile;

namespace {

const TargetId kTarget{"dev", "backend", "dev-1"};

DesiredTarget wanting(const std::map<std::string, std::string>& images) {
  DesiredTarget desired;
  desired.id = kTarget;
  for (const auto& [service, image] : images) {
    desired.services.emplace_back();
    desired.services.back().spec.name = service;
    desired.services.back().spec.image = image;
  }
  return desired;
}

ObservedContainer running(const std::string& service, const std::string& image) {
  ObservedContainer container;
  container.environment = "dev";
  container.app = "backend";
  container.service = service;
  container.image = image;
  container.state = ContainerState::running;
  return container;
}

PassOutcome outcome_of(SyncStatus sync, Health health, std::string_view why = {}) {
  PassOutcome outcome;
  outcome.status.id = kTarget;
  outcome.status.revision = {"main", std::string(40, 'a')};
  outcome.status.sync = sync;
  outcome.status.health = health;
  outcome.status.reason = why;
  outcome.status.message = "message";
  outcome.images = "api: 1 → 2";
  return outcome;
}

}  // namespace

TEST_CASE("image changes name services and the part of the reference that changes") {
  struct Row {
    std::map<std::string, std::string> before, after;
    std::string text;
  };
  const auto row = GENERATE(values<Row>({
      {{{"api", "acme/api:1.4.1"}}, {{"api", "acme/api:1.4.2"}}, "api: 1.4.1 → 1.4.2"},
      {{{"api", "acme/api:1"}}, {{"api", "acme/api:1"}}, ""},
      {{{"api", "acme/api:1"}}, {{"api", "other/api:1"}}, "api: acme/api:1 → other/api:1"},
      {{}, {{"api", "acme/api:1"}}, "api: 1 (new)"},
      {{{"api", "acme/api:1"}}, {}, "api: 1 (removed)"},
      {{{"api", "nginx"}}, {{"api", "nginx:1.25"}}, "api: latest → 1.25"},
      {{{"api", "reg:5000/api"}}, {{"api", "reg:5000/api:2"}}, "api: latest → 2"},
      {{{"api", "acme/api:1"}}, {{"api", "acme/api@sha256:ab"}}, "api: 1 → sha256:ab"},
      {{{"web", "w:1"}, {"api", "a:1"}}, {{"web", "w:2"}, {"api", "a:2"}}, "api: 1 → 2, web: 1 → 2"},
  }));
  ImagesByService before;
  for (const auto& [service, image] : row.before) before[service] = {image, {}};
  const auto desired = wanting(row.after);
  CHECK(image_changes(before, &desired) == row.text);
}

TEST_CASE("a removal shows every image as removed") {
  CHECK(image_changes({{"api", {"acme/api:1", ""}}, {"web", {"w:2", ""}}}, nullptr) ==
        "api: 1 (removed), web: 2 (removed)");
}

TEST_CASE("what a service runs counts before what it has stopped, and only of its own target") {
  ObservedInstance observed;
  auto failed = running("api", "acme/api:2");
  failed.state = ContainerState::exited;
  auto foreign = running("api", "acme/api:9");
  foreign.app = "other";
  observed.containers = {failed, running("api", "acme/api:1"), failed, foreign};
  CHECK(observed_images(kTarget, observed) == ImagesByService{{"api", {"acme/api:1", ""}}});
}

TEST_CASE("the phase of an operation follows from what a pass leaves") {
  const auto phase = [](PassOutcome outcome, const std::function<void(PassOutcome&)>& change) {
    change(outcome);
    return operation_phase(outcome);
  };
  const auto nothing = [](PassOutcome& /*outcome*/) {};
  const auto wakes = [](PassOutcome& outcome) { outcome.wake_at = Instant{1ms}; };
  const auto unreachable = [](PassOutcome& o) { o.observe_error = Error{ErrorKind::transient, "down"}; };
  const auto stopped = [](PassOutcome& outcome) { outcome.stopped = true; };
  const auto superseded = [](PassOutcome& outcome) { outcome.superseded = true; };
  const auto broken = [](PassOutcome& o) { o.errors[""] = {ErrorKind::internal, "bug"}; };
  CHECK(phase(outcome_of(SyncStatus::synced, Health::healthy), nothing) == OperationPhase::succeeded);
  CHECK(phase(outcome_of(SyncStatus::synced, Health::healthy), stopped) == OperationPhase::terminating);
  CHECK(phase(outcome_of(SyncStatus::out_of_sync, Health::progressing, reason::kChanged), superseded) ==
        OperationPhase::failed);
  CHECK(phase(outcome_of(SyncStatus::out_of_sync, Health::progressing, reason::kWaitingForHealth), wakes) ==
        OperationPhase::running);
  CHECK(phase(outcome_of(SyncStatus::out_of_sync, Health::progressing, reason::kWaitingForImage), wakes) ==
        OperationPhase::running);
  CHECK(phase(outcome_of(SyncStatus::out_of_sync, Health::degraded, reason::kRolledBack), wakes) ==
        OperationPhase::failed);
  CHECK(phase(outcome_of(SyncStatus::out_of_sync, Health::degraded, reason::kConflict), nothing) ==
        OperationPhase::failed);
  CHECK(phase(outcome_of(SyncStatus::unknown, Health::unknown, reason::kEngineUnreachable), unreachable) ==
        OperationPhase::error);
  CHECK(phase(outcome_of(SyncStatus::out_of_sync, Health::degraded, reason::kError), broken) == OperationPhase::error);
  CHECK(phase(outcome_of(SyncStatus::out_of_sync, Health::degraded, reason::kError), wakes) == OperationPhase::running);
}

TEST_CASE("a history entry is finished unless its operation still runs") {
  const Instant start{1000ms};
  const Instant end{2000ms};
  auto outcome = outcome_of(SyncStatus::synced, Health::healthy);
  auto entry = history_entry(outcome, start, end);
  CHECK(entry.target == kTarget);
  CHECK(entry.revision == "main@sha1:" + std::string(40, 'a'));
  CHECK(entry.images == "api: 1 → 2");
  CHECK(entry.phase == OperationPhase::succeeded);
  CHECK(entry.message == "message");
  CHECK(entry.started_at == start);
  CHECK(entry.finished_at == end);

  outcome = outcome_of(SyncStatus::out_of_sync, Health::progressing, reason::kWaitingForHealth);
  CHECK_FALSE(history_entry(outcome, start, end).finished_at);
  outcome.superseded = true;
  CHECK(history_entry(outcome, start, end).message == "superseded by a newer revision");
}
