#include "controller/http/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sstream>

#include "model/utf8_text.hpp"

namespace plimsoll::controller {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

const Buckets& short_buckets() {
  static const Buckets kBuckets{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
  return kBuckets;
}

const Buckets& long_buckets() {
  static const Buckets kBuckets{0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800};
  return kBuckets;
}

prometheus::Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help,
                                 const Buckets& buckets) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
}

/// Gauges that are made anew for every scrape.
std::vector<prometheus::MetricFamily> gauges_of(const StatusView& view) {
  prometheus::Registry registry;
  auto& info = prometheus::BuildGauge()
                   .Name("plimsoll_app_info")
                   .Help("One app of one environment on one instance, with its sync status and health.")
                   .Register(registry);
  for (const TargetStatus& target : view.targets) {
    info.Add({{"environment", to_utf8(target.id.environment)},
              {"app", to_utf8(target.id.app)},
              {"instance", to_utf8(target.id.instance)},
              {"sync_status", std::string(to_string(target.sync))},
              {"health_status", std::string(to_string(target.health))}})
        .Set(1);
  }
  prometheus::BuildGauge()
      .Name("plimsoll_source_up")
      .Help("1 when the manifest repository could be read last time.")
      .Register(registry)
      .Add({})
      .Set(view.source_error.empty() ? 1 : 0);
  if (view.source_checked) {
    prometheus::BuildGauge()
        .Name("plimsoll_source_last_success_timestamp_seconds")
        .Help("When the manifest repository was last read.")
        .Register(registry)
        .Add({})
        .Set(std::chrono::duration<double>(view.source_checked->time_since_epoch()).count());
  }
  return registry.Collect();
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& syncs = prometheus::BuildCounter()
                                                       .Name("plimsoll_sync_total")
                                                       .Help("Operations that ended, by phase.")
                                                       .Register(registry);
  prometheus::Histogram& reconcile = histogram(registry, "plimsoll_reconcile_duration_seconds",
                                               "How long one pass over one target took.", short_buckets());
  prometheus::Family<prometheus::Counter>& git_requests = prometheus::BuildCounter()
                                                              .Name("plimsoll_git_request_total")
                                                              .Help("Requests to the git server, by type.")
                                                              .Register(registry);
  prometheus::Family<prometheus::Histogram>& git_durations = prometheus::BuildHistogram()
                                                                 .Name("plimsoll_git_request_duration_seconds")
                                                                 .Help("How long requests to the git server took.")
                                                                 .Register(registry);
  prometheus::Family<prometheus::Counter>& webhooks = prometheus::BuildCounter()
                                                          .Name("plimsoll_webhook_requests_total")
                                                          .Help("Requests to /api/webhook, by result.")
                                                          .Register(registry);
  prometheus::Histogram& pulls =
      histogram(registry, "plimsoll_image_pull_duration_seconds", "How long pulling one image took.", long_buckets());
};

Metrics::Metrics(const std::string& version) : state_(std::make_unique<State>()) {
  prometheus::BuildGauge()
      .Name("plimsoll_build_info")
      .Help("The version that runs.")
      .Register(state_->registry)
      .Add({{"version", version}})
      .Set(1);
  for (const auto phase : {OperationPhase::succeeded, OperationPhase::failed, OperationPhase::error}) {
    state_->syncs.Add({{"phase", std::string(to_string(phase))}});
  }
}

Metrics::~Metrics() = default;

void Metrics::count_sync(OperationPhase phase) {
  state_->syncs.Add({{"phase", std::string(to_string(phase))}}).Increment();
}

void Metrics::observe_reconcile(Seconds duration) { state_->reconcile.Observe(duration.count()); }

void Metrics::count_git_request(const std::string& request_type, Seconds duration) {
  const prometheus::Labels labels{{"request_type", to_utf8(request_type)}};
  state_->git_requests.Add(labels).Increment();
  state_->git_durations.Add(labels, short_buckets()).Observe(duration.count());
}

void Metrics::count_webhook(const std::string& result) {
  state_->webhooks.Add({{"result", to_utf8(result)}}).Increment();
}

void Metrics::observe_image_pull(Seconds duration) { state_->pulls.Observe(duration.count()); }

std::string Metrics::render(const StatusView& view) const {
  auto families = state_->registry.Collect();
  for (auto& family : gauges_of(view)) families.push_back(std::move(family));
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return text.str();
}

}  // namespace plimsoll::controller
