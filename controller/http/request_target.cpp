#include "controller/http/request_target.hpp"

#include <boost/url.hpp>

namespace plimsoll::controller {
namespace {

bool has_control_byte(const std::string& text) {
  for (const char letter : text) {
    if (static_cast<unsigned char>(letter) < 0x20U || letter == 0x7F) return true;
  }
  return false;
}

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

std::string decode_form(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t index = 0; index < text.size(); ++index) {
    const bool escaped = text[index] == '%' && index + 2 < text.size() && hex_digit(text[index + 1]) >= 0 &&
                         hex_digit(text[index + 2]) >= 0;
    if (escaped) {
      decoded += static_cast<char>(hex_digit(text[index + 1]) * 16 + hex_digit(text[index + 2]));
      index += 2;
    } else {
      decoded += text[index] == '+' ? ' ' : text[index];
    }
  }
  return decoded;
}

}  // namespace

bool split_target(Request& request) {
  const auto parsed = boost::urls::parse_origin_form(request.target);
  if (!parsed) return false;
  request.path = parsed->path();
  if (has_control_byte(request.path)) return false;
  for (const auto& parameter : parsed->params()) {
    if (has_control_byte(parameter.key) || has_control_byte(parameter.value)) return false;
    request.query[parameter.key] = parameter.value;
  }
  return true;
}

std::string form_value(const std::string& body, const std::string& name) {
  const std::string_view text = body;
  std::size_t start = 0;
  while (start <= text.size()) {
    const auto end = std::min(text.find('&', start), text.size());
    const std::string_view pair = text.substr(start, end - start);
    if (const auto equals = pair.find('='); equals == name.size() && pair.substr(0, equals) == name) {
      return decode_form(pair.substr(equals + 1));
    }
    start = end + 1;
  }
  return {};
}

}  // namespace plimsoll::controller
