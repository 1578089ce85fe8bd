#include <catch2/catch.hpp>

#include "controller/loop_bench.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;
using Lines = std::vector<std::string>;

namespace {

constexpr const char* kEngine = "unix:///one.sock";

std::string image(const std::string& tag) { return "registry.test/web:" + tag; }

/// `web` of `dev` with one tag and, when given, of `prod` with another, on one engine.
test::MemoryGit::Tree two_environments(const std::string& dev, const std::string& prod) {
  auto files = tree(dev, "  web: {}\n");
  if (!prod.empty())
    files["environments/prod.yaml"] =
        "environment: prod\ninstances: [one]\napps:\n  web: { images: { web: \"" + prod + "\" } }\n";
  return files;
}

struct Cleaning : Bench {
  Cleaning() {
    for (const auto* tag : {"3", "4", "5"}) one.images[image(tag)] = {};
  }
  void commit(const std::string& dev, const std::string& prod = {}) {
    git.commit(two_environments(dev, prod));
    if (loop) return loop->refresh_source();
    start();
  }
  void deploy(const std::string& dev, const std::string& prod = {}) {
    commit(dev, prod);
    until("dev " + dev + " and prod " + prod, [&] { return runs("dev", dev) && (prod.empty() || runs("prod", prod)); });
  }
  bool runs(const std::string& environment, const std::string& tag) {
    for (const auto& target : loop->status().targets) {
      if (target.id.environment != environment || target.services.empty()) continue;
      return target.services[0].image == image(tag) && target.sync == SyncStatus::synced &&
             target.health == Health::healthy;
    }
    return false;
  }
  /// References that are recorded, each once.
  Lines recorded() {
    std::set<std::string> references;
    const auto records = store.images(kEngine);
    for (const auto& record : *records) references.insert(record.reference);
    return {references.begin(), references.end()};
  }
  void until_recorded(const Lines& references) {
    until("the records", [&] { return recorded() == references; });
  }
  [[nodiscard]] std::string by_digest(const std::string& tag) const {
    return "registry.test/web@" + one.digest_of(image(tag));
  }
};

}  // namespace

TEST_CASE("after the third deployment the first one's image is gone, and a rollback still has its own") {
  Cleaning bench;
  bench.deploy("1");
  bench.deploy("2");
  bench.until_recorded({image("1"), image("2")});
  bench.deploy("3");
  bench.until_recorded({image("2"), image("3")});
  CHECK(bench.one.image_removals == Lines{bench.by_digest("1")});
  CHECK(bench.one.local_images == std::set<std::string>{image("2"), image("3")});
}

TEST_CASE("an image that was there before is never removed") {
  Cleaning bench;
  bench.one.images[image("1")].local = true;
  for (const auto* tag : {"1", "2", "3", "4"}) bench.deploy(tag);
  bench.until_recorded({image("3"), image("4")});
  CHECK(bench.one.image_removals == Lines{bench.by_digest("2")});
  CHECK(bench.one.images[image("1")].local);
}

TEST_CASE("another environment on the same engine keeps what its rollback needs, until it is gone itself") {
  Cleaning bench;
  bench.deploy("1", "1");
  bench.deploy("2", "2");
  bench.deploy("3", "2");
  bench.deploy("4", "2");
  bench.until_recorded({image("1"), image("2"), image("3"), image("4")});
  CHECK(bench.one.image_removals.empty());
  bench.deploy("5", "3");
  bench.until_recorded({image("2"), image("3"), image("4"), image("5")});
  CHECK(bench.one.image_removals == Lines{bench.by_digest("1")});

  bench.commit("5");
  REQUIRE(bench.loop->sync({{}, false, true}));
  bench.until_recorded({image("4"), image("5")});
}

TEST_CASE("an image whose removal failed is tried again after the next sync") {
  Cleaning bench;
  bench.one.removal_error = Error{ErrorKind::transient, "cannot reach the engine"};
  for (const auto* tag : {"1", "2", "3"}) bench.deploy(tag);
  bench.until("the attempt", [&] { return bench.one.removals_by_now() == 1; });
  bench.events.run_for(Millis(50));
  CHECK(bench.one.removals_by_now() == 1);
  CHECK(bench.recorded().size() == 3);
  bench.one.removal_error.reset();
  bench.deploy("4");
  bench.until_recorded({image("3"), image("4")});
}

TEST_CASE("a deployment waits for a removal only when it needs that very image") {
  Cleaning bench;
  bench.removals.shut();
  for (const auto* tag : {"1", "2", "3"}) bench.deploy(tag);
  bench.until("the removal", [&] { return bench.removals.holds_somebody(); });
  bench.deploy("4");
  bench.commit("1");
  bench.until("the revision", [&] { return bench.loop->status().revision.commit.back() == '5'; });
  bench.events.run_for(Millis(100));
  CHECK_FALSE(bench.runs("dev", "1"));
  bench.removals.open();
  bench.until("the first version again", [&] { return bench.runs("dev", "1"); });
}

TEST_CASE("a removal that hangs delays neither the end nor another instance") {
  Cleaning bench;
  bench.removals.shut();
  for (const auto* tag : {"1", "2", "3"}) bench.deploy(tag);
  bench.until("the removal", [&] { return bench.removals.holds_somebody(); });
  bench.git.commit(tree("3", "  web: {}\n  other: { instances: [two] }\n"));
  bench.loop->refresh_source();
  bench.until("the other instance", [&] { return bench.good("other", "two", image("1")); });
  const auto begin = std::chrono::steady_clock::now();
  bench.loop->stop();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
}

TEST_CASE("a single run ends when the images are removed, too") {
  Cleaning bench;
  bench.deploy("1");
  bench.deploy("2");
  bench.loop->stop();
  bench.git.commit(two_environments("3", {}));
  std::optional<bool> all_good;
  bench.start([&](bool good) { all_good = good; });
  bench.until("the end", [&] { return all_good.has_value(); });
  CHECK(*all_good);
  CHECK(bench.one.image_removals == Lines{bench.by_digest("1")});
}
