#pragma once

#include <string>
#include <vector>

#include "model/result.hpp"
#include "model/secret.hpp"

namespace plimsoll::ports {

/// Where the values behind `secrets: [NAME]` come from. Thread-safe.
class SecretSource {
 public:
  virtual ~SecretSource() = default;
  /// The value of `name` in `environment`. `rejected` names the secret, the place where it was looked for and the mend,
  /// never its content.
  virtual Result<Secret> read(const std::string& environment, const std::string& name) = 0;
  /// Every secret of `environment`, whoever may use it, so that they can be hidden; what cannot be read is left out.
  virtual std::vector<Secret> all(const std::string& environment) = 0;
};

}  // namespace plimsoll::ports
