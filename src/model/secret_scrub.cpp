#include "model/secret_scrub.hpp"

#include <algorithm>
#include <vector>

namespace plimsoll {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::string_view kCutMarks[] = {"...", "…"};
/// Fewer bytes of a value tell little, and would be found at the end of many a harmless text.
constexpr std::size_t kTellingBytes = 6;

std::string replaced(const std::string& text, const std::string& value) {
  std::string out;
  std::size_t begin = 0;
  for (std::size_t at = text.find(value); at != std::string::npos; at = text.find(value, begin)) {
    out.append(text, begin, at - begin).append(kMask);
    begin = at + value.size();
  }
  return begin == 0 ? text : out.append(text, begin);
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

std::vector<std::string> forms_of(const SecretTable* secrets) {
  std::vector<std::string> forms;
  if (secrets == nullptr) return forms;
  for (const auto& [token, secret] : *secrets) {
    const std::string& value = secret.reveal();
    if (value.empty() || value.find_first_not_of('*') == std::string::npos) continue;
    forms.push_back(value);
    if (auto other = escaped(value); other != value) forms.push_back(std::move(other));
  }
  // Longest first, so that a value that contains another leaves nothing of itself.
  std::sort(forms.begin(), forms.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  return forms;
}

std::string masked(std::string text, const std::vector<std::string>& forms) {
  for (const auto& form : forms) text = replaced(text, form);
  return mask_secrets(text);
}

/// How many bytes before `end` are the beginning of a value.
std::size_t cut_value_before(std::string_view text, std::size_t end, const std::vector<std::string>& forms) {
  std::size_t longest = 0;
  for (const std::string_view form : forms)
    for (std::size_t bytes = std::min(form.size(), end); bytes >= kTellingBytes && bytes > longest; --bytes)
      if (text.substr(end - bytes, bytes) == form.substr(0, bytes)) longest = bytes;
  return longest;
}

/// Where `text` was cut, the last place first.
std::vector<std::size_t> cuts_in(std::string_view text) {
  std::vector<std::size_t> cuts{text.size()};
  for (const auto mark : kCutMarks)
    for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + mark.size()))
      cuts.push_back(at);
  std::sort(cuts.begin(), cuts.end(), std::greater<>());
  return cuts;
}

std::string cut_values_masked(std::string text, const std::vector<std::string>& forms) {
  if (forms.empty()) return text;
  for (const std::size_t cut : cuts_in(text))
    if (const std::size_t bytes = cut <= text.size() ? cut_value_before(text, cut, forms) : 0; bytes > 0)
      text.replace(cut - bytes, bytes, kMask);
  return text;
}

}  // namespace

std::string without_secrets(const std::string& text, const SecretTable* secrets) {
  return masked(text, forms_of(secrets));
}

std::string scrubbed(const std::string& text, const SecretTable* secrets) {
  const auto forms = forms_of(secrets);
  std::string line = cut_values_masked(masked(text, forms), forms);
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < ' '; }, ' ');
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

Error scrubbed(Error error, const SecretTable* secrets) {
  error.message = scrubbed(error.message, secrets);
  return error;
}

std::string shortened(std::string text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  const auto continues = [&text](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U; };
  while (bytes > 0 && continues(bytes)) --bytes;
  text.resize(bytes);
  return text.append("…");
}

}  // namespace plimsoll
