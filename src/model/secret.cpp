#include "model/secret.hpp"

namespace plimsoll {
namespace {

// Control characters that no loader lets through from a manifest, so a token cannot be written by hand.
constexpr char kOpen = '\x01';
constexpr char kClose = '\x02';

template <class Replace>
std::string replace_tokens(std::string_view text, Replace replace) {
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = text.find(kOpen, at);
    const std::size_t close = open == std::string_view::npos ? open : text.find(kClose, open);
    if (close == std::string_view::npos) break;
    out.append(text.substr(at, open - at));
    out.append(replace(text.substr(open, close - open + 1)));
    at = close + 1;
  }
  out.append(text.substr(at));
  return out;
}

}  // namespace

std::string secret_token(std::string_view name, std::string_view keyed_digest) {
  std::string token(1, kOpen);
  token.append(name).append(":").append(keyed_digest);
  token += kClose;
  return token;
}

bool has_secret_token(std::string_view text) noexcept {
  return text.find(kOpen) != std::string_view::npos || text.find(kClose) != std::string_view::npos;
}

std::string mask_secrets(std::string_view text) {
  return replace_tokens(text, [](std::string_view) { return std::string_view("***"); });
}

std::string expand_secrets(std::string_view text, const SecretTable& table) {
  return replace_tokens(text, [&table](std::string_view token) {
    const auto found = table.find(token);
    return found == table.end() ? token : std::string_view(found->second.reveal());
  });
}

}  // namespace plimsoll
