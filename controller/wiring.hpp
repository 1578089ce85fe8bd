#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controller/config.hpp"
#include "controller/control_loop.hpp"
#include "controller/source_loader.hpp"
#include "model/result.hpp"
#include "model/secret.hpp"
#include "ports/clock.hpp"
#include "ports/decision_store.hpp"
#include "ports/git_source.hpp"
#include "ports/secret_source.hpp"
#include "ports/state_store.hpp"

namespace plimsoll::controller {

/// Everything concrete that a controller works with. Members are declared in order of dependence.
struct Wiring {
  std::vector<std::string> warnings;  ///< to be logged
  std::string source_name;            ///< the source's URL without credentials
  std::shared_ptr<void> state_lock;   ///< held on the state directory as long as this lives
  std::unique_ptr<ports::Clock> clock;
  std::unique_ptr<ports::StateStore> store;
  std::unique_ptr<ports::DecisionStore> decisions;
  std::unique_ptr<ports::SecretSource> secrets;
  std::unique_ptr<ports::GitSource> git, queries_git, rollbacks_git;
  std::unique_ptr<SourceLoader> source, queries, rollbacks;
  std::unique_ptr<InstanceAdapters> instances;
};

/// Builds the adapters that `config` asks for; the only place that names them. Makes and locks the state directory.
/// `rejected` names the key and the mend.
[[nodiscard]] Result<std::unique_ptr<Wiring>> wire(const ControllerConfig& config);

/// The text of the controller's configuration. `rejected` says why it cannot be read, and the mend.
[[nodiscard]] Result<std::string> read_config_text(const std::string& file);

/// The secret of the webhook: the file's content without its last line end, at least 16 bytes.
[[nodiscard]] Result<Secret> read_webhook_secret(const std::string& file);

}  // namespace plimsoll::controller
