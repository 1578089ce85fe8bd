// Removing the images that nothing needs any more. The records are written and read on the records thread,
// what may go is decided here on the loop thread, and the removal runs on the instance's own threads. `run --once`
// waits for it.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "controller/control_loop.hpp"
#include "reconcile/image_cleanup.hpp"
#include "reconcile/orphans.hpp"

namespace plimsoll::controller {
namespace {

/// For all images of one clean-up: layers of gigabytes take a slow disk some seconds each.
constexpr Millis kRemovalLimit{120'000};

bool uses(const DesiredTarget& desired, const std::set<std::string>& references) {
  return std::any_of(desired.services.begin(), desired.services.end(),
                     [&](const DesiredService& one) { return references.contains(one.spec.image); });
}

/// Removes what it can; the records of what is gone. An engine that fails once is left alone. For the instance's own
/// threads: `instance` is its name, since the lane's spec belongs to the loop.
std::vector<ports::ImageRecord> remove_images(const InstanceLane& lane, const std::string& instance,
                                              const reconcile::ImageCleanup& cleanup) {
  std::vector<ports::ImageRecord> gone;
  const auto call = ports::within(kRemovalLimit, lane.stop.get_token());
  for (const auto& image : cleanup.images) {
    const auto removal = lane.engine->remove_image(image.name, cleanup.names, call);
    if (!removal) {
      if (removal.error().kind != ErrorKind::cancelled)
        spdlog::warn("image clean-up instance={}: {}; it is tried again after the next sync", instance,
                     removal.error().message);
      return gone;
    }
    if (*removal == ports::ImageRemoval::kept) {
      spdlog::debug("image clean-up instance={} kept {}: in use, or named by somebody else", instance, image.name);
      continue;
    }
    if (*removal == ports::ImageRemoval::removed)
      spdlog::info("image clean-up instance={} removed {}", instance, image.name);
    gone.insert(gone.end(), image.records.begin(), image.records.end());
  }
  return gone;
}

}  // namespace

void ControlLoop::record_images(const Lane& lane, const TargetId& id, TargetEntry& entry,
                                const reconcile::PassOutcome& outcome) {
  const auto& engine = lane->spec.engine;
  auto records = reconcile::pulled_images(id, engine, outcome.steps);
  if (!outcome.deployed.empty() && outcome.deployed != entry.deployed) {
    for (auto& one : reconcile::deployed_images(id, engine, outcome.deployed, ports_.clock.now()))
      records.push_back(std::move(one));
    entry.deployed = outcome.deployed;
  }
  if (records.empty()) return;
  write([this, records = std::move(records)] {
    if (const auto written = ports_.store.record_images(records); !written)
      spdlog::warn("image records are not written: {}", written.error().message);
  });
}

void ControlLoop::clean_images(const Lane& lane) {
  if (lane->cleaning) {
    lane->clean_again = true;
    return;
  }
  lane->cleaning = true;
  // A copy: the next revision may describe the instance anew meanwhile.
  ask(
      records_pool_, [this, engine = lane->spec.engine] { return ports_.store.images(engine); },
      [this, lane](Result<std::vector<ports::ImageRecord>> records) { remove_unused(lane, std::move(records)); });
}

reconcile::ImageNeeds ControlLoop::image_needs(const std::string& engine,
                                               const std::vector<ports::ImageRecord>& records) const {
  reconcile::ImageNeeds needs;
  for (const auto& one : records) {
    // Containers of an orphan may be kept (`prune: false`, a held removal), and with them the way back.
    if (targets_.find(one.target) != nullptr || reconcile::may_be_wanted(*desired_, one.target))
      needs.targets.insert(one.target);
  }
  for (const auto& [id, entry] : targets_.entries()) {
    const auto lane = lanes_.find(id.instance);
    if (lane == lanes_.end() || lane->second->spec.engine != engine) continue;
    for (const auto& [service, use] : entry.deployed) needs.digests.insert(use.digest);
    if (!entry.desired || is_good(entry.progress.status)) continue;
    for (const auto& service : entry.desired->services) needs.references.insert(service.spec.image);
  }
  return needs;
}

void ControlLoop::remove_unused(const Lane& lane, Result<std::vector<ports::ImageRecord>> records) {
  if (!records) spdlog::warn("image records are not read: {}", records.error().message);
  if (!records || is_retired(lane) || !desired_) return end_cleanup(lane, {});
  auto cleanup = reconcile::unused_images(*records, image_needs(lane->spec.engine, *records));
  if (cleanup.images.empty()) return end_cleanup(lane, cleanup.obsolete);
  for (const auto& image : cleanup.images) {
    for (const auto& record : image.records) lane->leaving.insert(record.reference);
  }
  using Gone = std::vector<ports::ImageRecord>;
  ask(
      lane->pool,
      [lane, instance = lane->spec.name, cleanup = std::move(cleanup)]() -> Result<Gone> {
        auto gone = remove_images(*lane, instance, cleanup);
        gone.insert(gone.end(), cleanup.obsolete.begin(), cleanup.obsolete.end());
        return gone;
      },
      [this, lane](const Result<Gone>& gone) {
        if (!gone) spdlog::warn("image clean-up instance={}: {}", lane->spec.name, gone.error().message);
        end_cleanup(lane, gone ? *gone : Gone{});
      });
}

bool ControlLoop::waits_for_cleanup(const Lane& lane, const TargetId& id, TargetEntry& entry) {
  if (!entry.desired || !uses(*entry.desired, lane->leaving)) return false;
  // An image that is found now would be gone when the container is created.
  release(entry);
  lane->after_cleanup.insert(id);
  return true;
}

void ControlLoop::end_cleanup(const Lane& lane, const std::vector<ports::ImageRecord>& gone) {
  if (!gone.empty()) {
    write([this, gone] {
      if (const auto forgotten = ports_.store.forget_images(gone); !forgotten)
        spdlog::warn("image records are not removed: {}", forgotten.error().message);
    });
  }
  lane->cleaning = false;
  lane->leaving.clear();
  for (const auto& id : std::exchange(lane->after_cleanup, {})) enqueue(id, ports_.clock.now(), "image clean-up over");
  if (std::exchange(lane->clean_again, false)) clean_images(lane);
  after_change();
}

}  // namespace plimsoll::controller
