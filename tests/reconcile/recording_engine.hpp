#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "ports/container_engine.hpp"

namespace plimsoll::test {

/// An engine that only writes down what it is asked: for tests of what the executor hands over. `apply` may be called
/// by several threads at once; the rest is for before and after.
class RecordingEngine final : public ports::ContainerEngine {
 public:
  struct Asked {
    Action action;
    ports::Call call;
    std::chrono::steady_clock::time_point at;
    TargetId target;
    const SecretTable* secrets = nullptr;
  };
  std::vector<Asked> asked;
  std::map<std::string, Error> failures;        ///< by `to_string(Step{"", action, ""})`
  std::map<std::string, std::string> digests;   ///< by image reference
  std::function<void(const Action&)> on_apply;  ///< may be empty

  /// What was asked, one line an action.
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> texts;
    for (const auto& one : asked) texts.push_back(line(one.action));
    return texts;
  }

  Result<ObservedInstance> observe(const ports::ObserveScope& /*scope*/, const ports::Call& /*call*/) override {
    return ObservedInstance{};
  }
  Result<ports::Applied> apply(const Action& action, const ports::ApplyContext& context,
                               const ports::Call& call) override {
    {
      const std::lock_guard lock(mutex_);
      asked.push_back({action, call, std::chrono::steady_clock::now(), context.target, context.secrets});
    }
    if (on_apply) on_apply(action);
    const auto failure = failures.find(line(action));
    if (failure != failures.end()) return failure->second;
    ports::Applied applied;
    if (const auto* image = std::get_if<EnsureImage>(&action)) {
      const auto found = digests.find(image->reference);
      if (found != digests.end()) applied.image_digest = found->second;
      if (context.progress) context.progress({image->reference, 10, 20});
    }
    if (const auto* create = std::get_if<CreateContainer>(&action)) applied.container_id = "id-of-" + create->name;
    return applied;
  }
  Result<std::string> resolve_digest(const std::string& /*reference*/, const ports::Call& /*call*/) override {
    return std::string{};
  }
  Result<ports::ImageRemoval> remove_image(const std::string& /*image*/, const std::vector<std::string>& /*names*/,
                                           const ports::Call& /*call*/) override {
    return ports::ImageRemoval::absent;
  }
  Result<std::string> logs(const std::string& /*container*/, int /*lines*/, const ports::Call& /*call*/) override {
    return std::string{};
  }

 private:
  std::mutex mutex_;  // guards `asked` while steps run

  static std::string line(const Action& action) { return to_string(Step{"", action, ""}); }
};

}  // namespace plimsoll::test
