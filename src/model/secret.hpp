#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace plimsoll {

/// A secret's value. It cannot be printed, compared or formatted by accident: the only way to the bytes is `reveal`,
/// which only the border to the engine calls.
class Secret {
 public:
  explicit Secret(std::string value) : value_(std::move(value)) {}
  /// The bytes themselves. Call it where they leave for the engine and nowhere else.
  [[nodiscard]] const std::string& reveal() const noexcept { return value_; }
  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

 private:
  std::string value_;
};

/// Secrets by their token. Interpolation never puts a secret's value into the desired state: it puts a *token* there
/// (`secret_token`), which names the secret and a keyed digest of its value. Plans, diffs, labels, logs and digests
/// therefore cannot leak a value, and a changed value still changes the spec's digest.
using SecretTable = std::map<std::string, Secret, std::less<>>;

/// The token that stands for secret `name` whose value has the keyed digest `keyed_digest` (hex).
[[nodiscard]] std::string secret_token(std::string_view name, std::string_view keyed_digest);

/// True when `text` has the bytes that delimit tokens. Manifest text that has them is refused by the loaders.
[[nodiscard]] bool has_secret_token(std::string_view text) noexcept;

/// `text` with every token replaced by `***`: what people may see.
[[nodiscard]] std::string mask_secrets(std::string_view text);

/// `text` with every token of `table` replaced by the secret's value. A token that is not in the table stays as it is,
/// so that an app can never read a secret that its environment did not grant it.
[[nodiscard]] std::string expand_secrets(std::string_view text, const SecretTable& table);

}  // namespace plimsoll
