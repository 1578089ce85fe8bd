#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plan/service_input.hpp"

namespace plimsoll::plan {

/// Writes the steps of one service in order, and keeps track of the names that earlier steps of the plan give.
class ServiceSteps {
 public:
  explicit ServiceSteps(const ServiceInput& input) : input_(input) {}

  /// Creates a container, not started. Without `with_aliases` it bears neither the service's alias nor the user's, so
  /// that no client meets it before its gate passed; the label still shows the whole service.
  /// The anonymous volumes of `predecessor`, if any, carry over.
  ContainerRef create(const std::string& name, int replica, int attempt, bool with_aliases, const std::string& cause,
                      const ObservedContainer* predecessor = nullptr);
  void start(const ContainerRef& container, const std::string& cause);
  void check_gate(const ContainerRef& container, const std::string& cause);
  void stop(const ContainerRef& container, const std::string& cause);
  void unpause(const ContainerRef& container, const std::string& cause);
  /// Also changes the name in `container`.
  void rename(ContainerRef& container, const std::string& to, const std::string& cause);
  void remove(const ObservedContainer& container, const std::string& cause);
  /// Stops it if it runs, then removes it.
  void stop_and_remove(const ObservedContainer& container, const std::string& cause);
  void set_restart(const ContainerRef& container, const RestartPolicy& policy, const std::string& cause);
  void set_limits(const ContainerRef& container, const Resources& resources, const std::string& cause);
  void connect(const ContainerRef& container, const NetworkAttachment& attachment, const std::string& cause);
  void disconnect(const ContainerRef& container, const std::string& network, const std::string& cause);
  /// Copies the changed files in and tells the process; `before` is what the container holds now.
  void reload(const ContainerRef& container, std::vector<std::string> targets, ReloadRecord before,
              const std::string& cause);

  /// What is written from here on begins something new: it touches what serves for it, or lets it run.
  void begin_update() {
    if (!update_from_) update_from_ = steps_.size();
  }

  /// Forgets all steps.
  void clear() noexcept {
    steps_.clear();
    prepare_count_ = 0;
    update_from_.reset();
  }
  [[nodiscard]] bool empty() const noexcept { return steps_.empty(); }
  [[nodiscard]] std::vector<Step>& all() noexcept { return steps_; }
  /// How many of the first steps only prepare: everything up to the last creation. They go before all steps of the
  /// target that touch what runs.
  [[nodiscard]] std::size_t prepare_count() const noexcept { return prepare_count_; }
  /// From which step on they begin something new; after those that prepare.
  [[nodiscard]] std::size_t update_from() const noexcept { return update_from_.value_or(steps_.size()); }

 private:
  void add(Action action, const std::string& cause);

  [[nodiscard]] ContainerRef named_by_now(ContainerRef container) const;

  const ServiceInput& input_;
  std::vector<Step> steps_;
  std::size_t prepare_count_ = 0;
  std::optional<std::size_t> update_from_;
  std::map<std::string, std::string> renamed_;  ///< new names by id
};

/// How a step addresses a container that was observed.
[[nodiscard]] ContainerRef ref(const ObservedContainer& container);

}  // namespace plimsoll::plan
