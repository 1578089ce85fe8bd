#include <catch2/catch.hpp>

#include "reconcile/image_cleanup.hpp"
#include "reconcile/pass_bench.hpp"

using namespace plimsoll;
using namespace plimsoll::reconcile;
using ports::ImageRecord;

namespace {

using Names = std::vector<std::string>;

const TargetId kStaging{"staging", "shop", "one"};
const TargetId kProd{"prod", "shop", "one"};
const TargetId kDev{"dev", "shop", "one"};

/// `web` of a target with `tag`, whose digest is the tag's text; `at` 0 for an image that was only pulled.
ImageRecord record(const TargetId& target, const std::string& tag, int at, bool pulled = true,
                   const std::string& service = "web") {
  ImageRecord one{target, service, "unix:///one.sock", "r.io:5000/web:" + tag, "sha256:" + tag, pulled, {}};
  if (at != 0) one.deployed_at = Instant{Millis{at}};
  return one;
}

Names names_of(const ImageCleanup& cleanup) {
  Names names;
  for (const auto& image : cleanup.images) names.push_back(image.name);
  return names;
}

std::string web(const std::string& digest) { return "r.io:5000/web@sha256:" + digest; }

struct Row {
  const char* says;
  std::vector<ImageRecord> records;
  ImageNeeds needs;
  Names goes;
};

const ImageNeeds kBoth{{kStaging, kProd}, {}, {}};

const std::vector<Row> kTable{
    {"nothing is known of any image", {}, kBoth, {}},
    {"two deployments are kept", {record(kProd, "1", 10), record(kProd, "2", 20)}, kBoth, {}},
    {"of three the oldest goes",
     {record(kProd, "1", 10), record(kProd, "2", 20), record(kProd, "3", 30)},
     kBoth,
     {web("1")}},
    {"an image that was there before stays",
     {record(kProd, "1", 10, false), record(kProd, "2", 20), record(kProd, "3", 30)},
     kBoth,
     {}},
    {"after a rollback the one in between goes first",
     {record(kProd, "1", 40), record(kProd, "2", 20), record(kProd, "3", 30)},
     kBoth,
     {web("2")}},
    {"another environment keeps its own two, whoever pulled them",
     {record(kStaging, "1", 10), record(kStaging, "2", 20), record(kStaging, "3", 30), record(kStaging, "4", 40),
      record(kProd, "1", 11, false), record(kProd, "2", 21, false)},
     kBoth,
     {}},
    {"a target that no manifest names protects nothing",
     {record(kDev, "1", 10), record(kDev, "2", 20), record(kProd, "2", 21, false)},
     kBoth,
     {web("1")}},
    {"an attempt that never ended well is no deployment",
     {record(kProd, "1", 10), record(kProd, "2", 20), record(kProd, "bad", 0), record(kProd, "worse", 0)},
     kBoth,
     {web("bad"), web("worse")}},
    {"what a target is about to use stays",
     {record(kProd, "1", 10), record(kProd, "2", 20), record(kProd, "3", 30), record(kStaging, "new", 0)},
     {{kProd, kStaging}, {"r.io:5000/web:1", "r.io:5000/web:new"}, {}},
     {}},
    {"what was deployed a moment ago stays",
     {record(kProd, "1", 10), record(kProd, "2", 20), record(kProd, "3", 30), record(kProd, "0", 5)},
     {{kProd}, {}, {"sha256:1"}},
     {web("0")}},
    {"services count for themselves",
     {record(kProd, "1", 10), record(kProd, "2", 20), record(kProd, "3", 30), record(kProd, "1", 10, true, "api"),
      record(kProd, "2", 30, true, "api")},
     kBoth,
     {}},
    {"one digest under two tags is one deployment",
     {record(kProd, "1", 10),
      record(kProd, "2", 20),
      {kProd, "web", "unix:///one.sock", "r.io:5000/web:latest", "sha256:2", true, Instant{Millis{30}}}},
     kBoth,
     {}},
};

}  // namespace

TEST_CASE("images go when neither of the last two deployments of any service uses them") {
  for (const auto& row : kTable) {
    INFO(row.says);
    CHECK(names_of(unused_images(row.records, row.needs)) == row.goes);
    auto reversed = row.records;
    std::reverse(reversed.begin(), reversed.end());
    CHECK(unused_images(reversed, row.needs) == unused_images(row.records, row.needs));
  }
}

TEST_CASE("an image goes under all names that its records know") {
  const auto at = [](int ms) { return Instant{Millis{ms}}; };
  const std::vector<ImageRecord> records{
      {kProd, "web", "e", "nginx", "sha256:1", true, at(1)},
      {kProd, "web", "e", "r.io:5000/nginx:1.2", "sha256:1", false, at(2)},
      {kProd, "web", "e", "r.io/nginx:1@sha256:" + std::string(64, '1'), "sha256:1", false, at(3)},
      {kProd, "web", "e", "r.io/nginx:2", "sha256:2", false, at(4)},
      {kProd, "web", "e", "r.io/nginx:3", "sha256:3", false, at(5)},
  };
  const auto cleanup = unused_images(records, kBoth);
  CHECK(names_of(cleanup) == Names{"nginx@sha256:1", "r.io/nginx@sha256:1", "r.io:5000/nginx@sha256:1"});
  CHECK(cleanup.names == Names{"nginx:latest", "nginx@sha256:1", "r.io/nginx@sha256:1", "r.io:5000/nginx:1.2",
                               "r.io:5000/nginx@sha256:1"});
  CHECK(cleanup.images.front().records == std::vector{records.front()});
}

TEST_CASE("records of images that are not ours are obsolete once they protect nothing") {
  const std::vector<ImageRecord> records{record(kProd, "1", 10, false), record(kProd, "2", 20, false),
                                         record(kProd, "3", 30)};
  const auto cleanup = unused_images(records, kBoth);
  CHECK(cleanup.images.empty());
  CHECK(cleanup.obsolete == std::vector{records.front()});
}

TEST_CASE("a pass tells what it pulled, and what runs once it is settled") {
  test::PassBench bench;
  bench.add("api", "r.io/api:1", test::becomes_healthy_after(Millis{3000}));
  bench.add("db", "r.io/db:1", test::runs());
  bench.engine.images["r.io/db:1"].local = true;
  const auto first = bench.pass();
  const auto pulled = pulled_images(bench.target, "e", first.steps);
  REQUIRE(pulled.size() == 1);
  CHECK(pulled[0] ==
        ImageRecord{bench.target, "api", "e", "r.io/api:1", bench.engine.digest_of("r.io/api:1"), true, {}});
  CHECK(first.deployed.empty());

  const auto last = bench.settle();
  const Instant now{Millis{5}};
  const auto deployed = deployed_images(bench.target, "e", last.deployed, now);
  REQUIRE(deployed.size() == 2);
  CHECK(deployed[0] ==
        ImageRecord{bench.target, "api", "e", "r.io/api:1", bench.engine.digest_of("r.io/api:1"), false, now});
  CHECK(deployed[1].service == "db");
  CHECK(deployed_images(bench.target, "e", {{"api", {"r.io/api:1", ""}}}, now).empty());
}
