#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/docker/engine_api.hpp"
#include "adapters/docker/registry_credentials.hpp"
#include "model/image_reference.hpp"
#include "model/plan.hpp"
#include "ports/container_engine.hpp"

namespace plimsoll::adapters {

/// Images of one engine and, through it, of registries. Thread-safe.
class EngineImages {
 public:
  using Progress = std::function<void(const ports::PullProgress&)>;
  /// An image that is present.
  struct Ensured {
    std::string digest;   ///< of the registry; empty for an image that no registry knows
    bool pulled = false;  ///< just now
  };

  /// `withheld` says why no credentials go to this engine; empty: they do.
  EngineImages(EngineApi& api, RegistryCredentials credentials, std::string withheld)
      : api_(api), credentials_(std::move(credentials)), withheld_(std::move(withheld)) {}

  /// Makes the image present. A registry that does not answer fails nothing when the tag is there already.
  Result<Ensured> ensure(const EnsureImage& wanted, const Progress& progress, const ports::Call& call);

  /// The digest that the registry has for a tag now (`GET /distribution/{name}/json`).
  Result<std::string> registry_digest(const std::string& reference, const ports::Call& call);

 private:
  struct Local {
    std::vector<std::string> digests;  ///< registry digests that it has under this repository
    std::string platform;              ///< os/architecture[/variant]
  };

  Result<std::optional<Local>> find_local(const ImageReference& reference, const ports::Call& call);
  Result<std::string> ask_registry(const ImageReference& reference, const ports::Call& call);
  Result<Ensured> refresh(const ImageReference& reference, const Local& local, const EnsureImage& wanted,
                          const Progress& progress, const ports::Call& call);
  Result<Ensured> pull(const ImageReference& reference, const std::string& platform, const Progress& progress,
                       const ports::Call& call);
  Result<void> add_auth(HttpRequest& request, const std::string& host);
  [[nodiscard]] Error refusal(const ImageReference& reference, const std::string& message) const;

  EngineApi& api_;
  RegistryCredentials credentials_;
  std::string withheld_;
};

}  // namespace plimsoll::adapters
