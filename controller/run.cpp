#include "controller/run.hpp"

#include <malloc.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdio>
#include <optional>
#include <random>

#include "controller/config.hpp"
#include "controller/control_loop.hpp"
#include "controller/descriptor_limit.hpp"
#include "controller/event_loop.hpp"
#include "controller/http/api_handlers.hpp"
#include "controller/http/http_server.hpp"
#include "controller/http/listen_address.hpp"
#include "controller/http/webhook.hpp"
#include "controller/logging.hpp"
#include "controller/memory_dumps.hpp"
#include "controller/service_manager.hpp"
#include "controller/wiring.hpp"
#include "model/printable.hpp"

namespace plimsoll::controller {
namespace {

constexpr int kCannotStart = 20;

void tell(const std::string& message) { std::fprintf(stderr, "plimsoll: %s\n", printable(message).c_str()); }

int cannot_start(const std::string& message) {
  tell(message);
  return kCannotStart;
}

Result<ControllerConfig> read_config(const std::string& file) {
  const auto text = read_config_text(file);
  if (!text) return text.error();
  auto parsed = parse_config(file, *text);
  if (!has_errors(parsed.diagnostics)) return std::move(parsed.config);
  const std::string last = to_string(parsed.diagnostics.back());
  parsed.diagnostics.pop_back();
  for (const auto& one : parsed.diagnostics) tell(to_string(one));
  return Error{ErrorKind::rejected, last};
}

/// The HTTP side of a running controller.
struct Front {
  Router router;
  Webhook webhook;
  std::unique_ptr<HttpServer> server;
};

Result<std::unique_ptr<Front>> open_front(EventLoop& events, const ControllerConfig& config, ControlLoop& loop,
                                          Metrics& metrics) {
  WebhookOptions options;
  if (!config.webhook_secret_file.empty()) {
    auto secret = read_webhook_secret(config.webhook_secret_file);
    if (!secret) return secret.error();
    options.secrets.push_back(std::move(*secret));
  }
  auto front =
      std::unique_ptr<Front>(new Front{Router({}),
                                       Webhook(
                                           std::move(options), loop, [] { return std::chrono::steady_clock::now(); },
                                           [&metrics](const std::string& result) { metrics.count_webhook(result); }),
                                       nullptr});
  add_api_routes(front->router, loop, metrics);
  front->router.add(front->webhook.route());
  auto server = HttpServer::start(events.context(), {config.listen, config.socket, {}}, front->router);
  if (!server) return server.error();
  front->server = std::move(*server);
  front->router.set_policy({front->server->loopback(), config.open_metrics});
  return front;
}

/// For `--once`: one line on stderr for everything that keeps the exit code from being 0.
void report_once(const StatusView& view) {
  if (!view.source_error.empty()) tell("source: " + view.source_error);
  for (const auto& one : view.diagnostics) {
    if (one.severity == Severity::error) tell(to_string(one));
  }
  for (const auto& target : view.targets) {
    // Why an app does not load is among the diagnostics.
    if (is_good(target) || target.reason == reason::kInvalidSpec) continue;
    tell(to_string(target.id) + ": " + std::string(to_string(target.sync)) + ", " +
         std::string(to_string(target.health)) + ": " + target.reason + ": " + target.message);
  }
}

std::function<double()> make_jitter() {
  return [engine = std::mt19937(std::random_device{}()),
          unit = std::uniform_real_distribution<double>(0.0, 1.0)]() mutable { return unit(engine); };
}

/// Runs the loop and its HTTP side until a signal or the end of `--once`; returns the exit status.
int serve(const RunOptions& options, const ControllerConfig& config, Wiring& wiring, LoopSettings settings) {
  EventLoop events;
  Metrics metrics(PLIMSOLL_VERSION);
  std::optional<bool> settled;
  settings.on_settled = [&events, &settled](bool all_good) {
    settled = all_good;
    events.stop();
  };
  ControlLoop loop(events,
                   {*wiring.source, *wiring.queries, *wiring.rollbacks, *wiring.store, *wiring.decisions, *wiring.clock,
                    *wiring.instances, metrics, make_jitter()},
                   settings);
  std::unique_ptr<Front> front;
  if (!options.once) {
    auto opened = open_front(events, config, loop, metrics);
    if (!opened) return cannot_start(opened.error().message);
    front = std::move(*opened);
  }
  events.on_termination([&events](int signal) {
    spdlog::info("signal {}: shutting down", signal);
    events.stop();
  });
  if (const auto started = loop.start(); !started) return cannot_start(started.error().message);
  if (front) notify_service_manager("READY=1");
  events.run();
  notify_service_manager("STOPPING=1");
  if (front) front->server->stop();
  // Answers under way get their last chance while the passes end.
  if (front) events.run_for(Millis(600));
  loop.stop();
  if (!options.once || settled == true) return 0;
  if (!settled) std::fprintf(stderr, "plimsoll: ended by a signal before everything was looked at\n");
  report_once(loop.status());
  return 1;
}

}  // namespace

int run_controller(const RunOptions& options) {
  forbid_memory_dumps();
  raise_descriptor_limit();
  set_up_logging(options.log_format, options.log_level);
  // Many arenas would cost an idle controller more memory than they ever win it time.
  mallopt(M_ARENA_MAX, 2);
  std::signal(SIGPIPE, SIG_IGN);
  auto config = read_config(options.config_file);
  if (!config) return cannot_start(config.error().message);
  auto wired = wire(*config);
  if (!wired) return cannot_start(wired.error().message);
  Wiring& wiring = **wired;
  for (const auto& warning : wiring.warnings) spdlog::warn("{}", warning);

  LoopSettings settings;
  settings.poll_interval = config->source.poll_interval;
  settings.branch = config->source.branch;
  settings.source_url = config->source.url;
  settings.once = options.once;
  spdlog::info("plimsoll {} installation={} source={} branch={}", PLIMSOLL_VERSION, config->installation,
               wiring.source_name, config->source.branch);
  return serve(options, *config, wiring, std::move(settings));
}

}  // namespace plimsoll::controller
