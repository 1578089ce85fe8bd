#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"
#include "model/target_status.hpp"

using namespace plimsoll;

namespace {
const std::vector<Health> kBestToWorst{Health::healthy, Health::suspended, Health::progressing,
                                       Health::missing, Health::degraded,  Health::unknown};
}

TEST_CASE("the worse of two healths follows the documented order, whichever comes first") {
  for (std::size_t better = 0; better < kBestToWorst.size(); ++better) {
    for (std::size_t worse = better; worse < kBestToWorst.size(); ++worse) {
      CHECK(worst(kBestToWorst[better], kBestToWorst[worse]) == kBestToWorst[worse]);
      CHECK(worst(kBestToWorst[worse], kBestToWorst[better]) == kBestToWorst[worse]);
    }
  }
}

TEST_CASE("statuses have the names that users see") {
  const auto names = [](const auto& values) {
    std::string text;
    for (const auto value : values) text += std::string(to_string(value)) + " ";
    return text;
  };
  CHECK(names(kBestToWorst) == "Healthy Suspended Progressing Missing Degraded Unknown ");
  CHECK(names(std::vector{SyncStatus::synced, SyncStatus::out_of_sync, SyncStatus::unknown}) ==
        "Synced OutOfSync Unknown ");
  using State = ContainerState;
  CHECK(names(std::vector{State::created, State::running, State::paused, State::restarting, State::removing,
                          State::exited, State::dead}) == "created running paused restarting removing exited dead ");
  CHECK(names(std::vector{HealthState::none, HealthState::starting, HealthState::healthy, HealthState::unhealthy}) ==
        "none starting healthy unhealthy ");
}

TEST_CASE("a revision is written with its branch, in tables with 8 digits, and not at all when there is none") {
  const Revision revision{"main", "0123456789abcdef0123456789abcdef01234567"};
  CHECK(to_string(revision) == "main@sha1:0123456789abcdef0123456789abcdef01234567");
  CHECK(short_text(revision) == "01234567");
  CHECK(to_string(Revision{"main", ""}).empty());
  CHECK(short_text(Revision{}).empty());
}

TEST_CASE("a target is written environment/app@instance, and its project environment-app") {
  CHECK(to_string(TargetId{"dev", "backend", "dev-1"}) == "dev/backend@dev-1");
  CHECK(project_name(TargetId{"dev", "backend", "dev-1"}) == "dev-backend");
}

TEST_CASE("every reason that is named says what it means, once, and what stalls is waited for by nobody") {
  std::ifstream in(std::string(PLIMSOLL_SOURCE_DIR) + "/src/model/status_reason.hpp");
  const std::string header{std::istreambuf_iterator<char>(in), {}};
  const std::regex constant("string_view k\\w+ = \"(\\w+)\"");
  std::set<std::string> named, listed;
  for (std::sregex_iterator match(header.begin(), header.end(), constant), end; match != end; ++match)
    named.insert((*match)[1].str());
  for (const auto& one : status_reasons()) {
    INFO(one.name);
    CHECK(listed.insert(std::string(one.name)).second);
    CHECK((one.settles || !one.stalls));
    CHECK((one.stalls || !one.keeps_failed));
  }
  CHECK(named.size() >= 20);
  CHECK(named == listed);
  CHECK(status_reason("RolledBack").stalls);
  CHECK_FALSE(status_reason("").settles);
  CHECK_FALSE(status_reason("Synced").settles);
}
