#include "controller/log_share.hpp"

#include <algorithm>

namespace plimsoll::controller {

std::string log_share(std::string text, std::size_t logs) {
  const std::size_t share = kLogAnswerBytes / std::max<std::size_t>(logs, 1);
  if (text.size() <= share) return text;
  std::size_t from = text.size() - share;
  const std::size_t line_end = text.find('\n', from);
  if (line_end != std::string::npos && line_end + 1 < text.size()) from = line_end + 1;
  return "[" + std::to_string(from) + " bytes before this are left out: ask for fewer containers at once]\n" +
         text.substr(from);
}

}  // namespace plimsoll::controller
