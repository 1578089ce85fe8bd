// controller/API.md and the program say the same.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "controller/fake_control.hpp"
#include "controller/http/api_handlers.hpp"
#include "controller/http/metrics.hpp"
#include "controller/http/status_json.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(std::string(PLIMSOLL_SOURCE_DIR) + "/" + path);
  REQUIRE(in);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// What `pattern` captures, blank-separated, for each place where it fits.
std::set<std::string> found(const std::string& text, const std::string& pattern) {
  std::set<std::string> all;
  const std::regex regex(pattern);
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match) {
    std::string one = (*match)[1].str();
    for (std::size_t group = 2; group < match->size(); ++group) one += " " + (*match)[group].str();
    all.insert(one);
  }
  return all;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

void collect_keys(const boost::json::value& value, std::set<std::string>& keys) {
  if (const auto* array = value.if_array()) {
    for (const auto& item : *array) collect_keys(item, keys);
  } else if (const auto* object = value.if_object()) {
    for (const auto& [key, item] : *object) {
      keys.insert(std::string(key));
      collect_keys(item, keys);
    }
  }
}

}  // namespace

TEST_CASE("the page of the API lists the routes of the program with their access") {
  std::string source = text_of("controller/http/api_handlers.cpp") + text_of("controller/http/webhook.cpp");
  source = replaced(source, "std::string(kOperations)", "\"/api/v1/operations/{id}\"");
  source = replaced(source, ".method = ", "router.add({");
  source = replaced(source, ".path = ", "");
  source = replaced(source, ".access = ", "");
  const auto routes = found(replaced(source, "Access::changing", "Access::socket"),
                            R"re(router\.add\(\s*\{"(\w+)",\s+"([^"]+)",\s+Access::(\w+))re");
  CHECK(routes.size() >= 15);
  CHECK(routes == found(text_of("controller/API.md"), R"re(\| `([A-Z]+) (/[^`]+)` \| (\w+) \|)re"));
}

TEST_CASE("the page of the API lists the metrics of the program with their types") {
  Metrics metrics("1");
  metrics.count_sync(OperationPhase::succeeded);
  metrics.observe_reconcile(Metrics::Seconds(1));
  metrics.count_git_request("fetch", Metrics::Seconds(1));
  metrics.count_webhook("accepted");
  metrics.observe_image_pull(Metrics::Seconds(1));
  StatusView view = example_status();
  view.source_checked = Instant(std::chrono::seconds(1));
  const auto rendered = found(metrics.render(view), "# TYPE (\\w+) (\\w+)");
  CHECK(rendered.size() >= 10);
  CHECK(rendered == found(text_of("controller/API.md"), R"re(\| `(plimsoll_\w+)` \| (\w+) \|)re"));
}

TEST_CASE("the page of the API says of every reason what the program makes of it") {
  std::set<std::string> reasons;
  for (const auto& one : status_reasons())
    reasons.insert(std::string(one.name) + (one.stalls ? " yes" : " no") + (one.settles ? " no" : " yes"));
  CHECK(reasons.size() >= 20);
  CHECK(reasons == found(text_of("controller/API.md"), R"re(\| `(\w+)` \| (yes|no) \| (yes|no) \|)re"));
}

TEST_CASE("the page of the API names every member of every answer, and the status of every kind of error") {
  const std::string page = text_of("controller/API.md");
  OperationView operation{"sync-1", OperationPhase::running, {}};
  operation.targets.push_back({{"dev", "web", "one"}, example_status().targets[0], "", "", 0, 0, false});
  const DiffView diff{"", {{{"dev", "web", "one"}, {{"web", {"image", "a", "b"}}}, {"x"}, {"y"}, ""}}, {}};
  std::set<std::string> keys;
  for (const auto& one : {to_json(example_status()), to_json(operation), to_json(diff), to_json(ports::HistoryEntry{}),
                          to_json(Event{}), to_json(ContainerLog{}), to_json(Diagnostic{})}) {
    collect_keys(one, keys);
  }
  CHECK(keys.size() > 40);
  for (const std::string& key : keys) {
    INFO(key);
    CHECK(page.find("`" + key + "`") != std::string::npos);
  }
  for (const auto kind : {ErrorKind::transient, ErrorKind::deadline, ErrorKind::cancelled, ErrorKind::missing,
                          ErrorKind::rejected, ErrorKind::conflict, ErrorKind::unauthorized, ErrorKind::internal}) {
    const std::regex row("\\| [^|]*`" + std::string(to_string(kind)) + "`[^|]*\\| " +
                         std::to_string(http_status(kind)));
    INFO(to_string(kind));
    CHECK(std::regex_search(page, row));
  }
}
