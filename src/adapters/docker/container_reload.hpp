#pragma once

#include <string>
#include <vector>

#include "adapters/docker/engine_containers.hpp"
#include "model/secret.hpp"

namespace plimsoll::adapters {

/// Gives running containers changed repository files, and notes in their own file systems what they hold since: labels
/// cannot change, and the containers are the record. Thread-safe.
class ContainerReload {
 public:
  explicit ContainerReload(EngineApi& api) : api_(api) {}

  /// Copies, tells, notes. What is cut short in between is noted as not known. When telling fails, the files are as
  /// before: `rejected` when the command ended with another code than 0 or could not be run.
  Result<void> reload(const ReloadFiles& action, const SecretTable* secrets, const ports::Call& call);

  /// Puts what a reload noted over what the container's labels say. Asks only for a container that can be reloaded and
  /// was started.
  Result<void> read_record(ObservedContainer& container, const ports::Call& call);

 private:
  struct Saved {
    std::string target, archive;
  };

  Result<void> save(const ReloadFiles& action, std::vector<Saved>& saved, const ports::Call& call);
  Result<void> tell(const std::string& key, const Reload& how, const SecretTable* secrets, const ports::Call& call);
  Result<void> send_signal(const std::string& key, const std::string& signal, const ports::Call& call);
  Result<void> run_command(const std::string& key, const std::vector<std::string>& command, const SecretTable* secrets,
                           const ports::Call& call);
  Result<void> note(const std::string& key, const ReloadRecord& record, const ports::Call& call);
  void put_back(const ReloadFiles& action, const std::vector<Saved>& saved);

  EngineApi& api_;
};

/// The record as it stands in the container, and back; absent when the text is no record.
[[nodiscard]] std::string reload_record_text(const ReloadRecord& record);
[[nodiscard]] std::optional<ReloadRecord> parse_reload_record(std::string_view text);

}  // namespace plimsoll::adapters
