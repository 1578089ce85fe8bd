#include "compose/text_split.hpp"

namespace plimsoll::compose {

std::size_t find_outside_tokens(std::string_view text, char wanted, std::size_t from) {
  bool inside = false;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '\x01') inside = true;
    if (text[i] == '\x02') inside = false;
    if (!inside && text[i] == wanted) return i;
  }
  return std::string_view::npos;
}

std::vector<std::string> split_outside_tokens(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (true) {
    const std::size_t at = find_outside_tokens(text, separator, from);
    parts.emplace_back(text.substr(from, at == std::string_view::npos ? at : at - from));
    if (at == std::string_view::npos) return parts;
    from = at + 1;
  }
}

std::string_view trim_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string clean_path(std::string_view path) {
  if (path.empty()) return ".";
  const bool absolute = path[0] == '/';
  std::vector<std::string> kept;
  for (std::string& part : split_outside_tokens(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == ".." && !kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (part != ".." || !absolute) {
      kept.push_back(std::move(part));
    }
  }
  std::string out = absolute ? "/" : "";
  for (std::size_t i = 0; i < kept.size(); ++i) out += (i == 0 ? "" : "/") + kept[i];
  return out.empty() ? "." : out;
}

std::string join_path(std::string_view directory, std::string_view path) {
  if (!path.empty() && path[0] == '/') return clean_path(path);
  if (directory.empty()) return clean_path(path);
  return clean_path(std::string(directory) + "/" + std::string(path));
}

std::string directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

}  // namespace plimsoll::compose
