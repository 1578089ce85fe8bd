#include "adapters/docker/secret_scrub.hpp"

#include <algorithm>
#include <vector>

namespace plimsoll::adapters {
namespace {

void replace_all(std::string& text, const std::string& value) {
  for (std::size_t at = text.find(value); at != std::string::npos; at = text.find(value, at + 3))
    text.replace(at, value.size(), "***");
}

/// The value as Go's %q and JSON write it.
std::string escaped(const std::string& value) {
  std::string out;
  for (const char c : value) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (c == '"' || c == '\\')
      out += {'\\', c};
    else
      out += c;
  }
  return out;
}

std::vector<std::string> forms_of(const SecretTable& secrets) {
  std::vector<std::string> forms;
  for (const auto& [token, secret] : secrets) {
    const std::string& value = secret.reveal();
    // A value that is one asterisk would replace itself for ever.
    if (value.empty() || value.find_first_not_of('*') == std::string::npos) continue;
    forms.push_back(value);
    if (auto other = escaped(value); other != value) forms.push_back(std::move(other));
  }
  // Longest first, so that a value that contains another leaves nothing of itself.
  std::sort(forms.begin(), forms.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  return forms;
}

}  // namespace

std::string scrubbed(std::string text, const SecretTable* secrets) {
  if (secrets != nullptr)
    for (const auto& form : forms_of(*secrets)) replace_all(text, form);
  text = mask_secrets(text);
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' '; }, ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

Error scrubbed(Error error, const SecretTable* secrets) {
  error.message = scrubbed(std::move(error.message), secrets);
  return error;
}

}  // namespace plimsoll::adapters
