#include "manifest/names.hpp"

#include <algorithm>
#include <vector>

namespace plimsoll::manifest {
namespace {

// The engine's limit for a label of a host name; longer names would fail late, at the first container.
constexpr std::size_t kMaxName = 63;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_name(std::string_view text) noexcept {
  const auto inner = [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= kMaxName && (is_lower(text.front()) || is_digit(text.front())) &&
         std::all_of(text.begin(), text.end(), inner);
}

bool is_variable_name(std::string_view text) noexcept {
  const auto inner = [](char c) { return is_lower(c) || is_upper(c) || is_digit(c) || c == '_'; };
  return !text.empty() && !is_digit(text.front()) && std::all_of(text.begin(), text.end(), inner);
}

std::optional<std::string> normal_path(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (parts.empty()) {
      return std::nullopt;
    } else {
      parts.pop_back();
    }
  }
  std::string out;
  for (const std::string_view part : parts) out.append(out.empty() ? "" : "/").append(part);
  return out;
}

std::string join_path(std::string_view directory, std::string_view path) {
  if (directory.empty()) return std::string(path);
  if (path.empty()) return std::string(directory);
  return std::string(directory) + "/" + std::string(path);
}

std::string_view parent_path(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace plimsoll::manifest
