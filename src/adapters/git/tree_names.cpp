#include <algorithm>
#include <cctype>

#include "adapters/git/revision_reader.hpp"
#include "model/utf8_text.hpp"

namespace plimsoll::adapters {
namespace {

constexpr std::size_t kMaxNameBytes = 4096;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::string refused_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes) return "is empty or longer than 4096 bytes";
  if (std::any_of(name.begin(), name.end(), is_control)) return "has control characters";
  if (name == "." || name == ".." || name.find('/') != std::string_view::npos) return "leads out of its directory";
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == ".git" || lower == "git~1") return "is a git directory";
  if (!is_utf8(name)) return "is not UTF-8";
  return {};
}

}  // namespace plimsoll::adapters
