#include "controller/cli/command_arguments.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

#include "compose/duration.hpp"

namespace plimsoll::controller {
namespace {

Error refused(const std::string& text, const std::string& why) {
  return Error{ErrorKind::rejected, "'" + text + "' " + why};
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end == std::string::npos ? end : end - begin));
  }
  return parts;
}

const char* written(TargetForm form) {
  switch (form) {
    case TargetForm::whole_app: return "ENV/APP";
    case TargetForm::any: return "ENV, ENV/APP or ENV/APP@INSTANCE";
    case TargetForm::app: return "ENV/APP or ENV/APP@INSTANCE";
    case TargetForm::service: return "ENV/APP, ENV/APP/SERVICE or one of them with @INSTANCE";
    case TargetForm::environment_or_app: break;
  }
  return "ENV or ENV/APP";
}

}  // namespace

Result<TargetArgument> parse_target(const std::string& text, TargetForm form) {
  const auto at = text.find('@');
  const std::string name = text.substr(0, at);
  const bool of_all = form == TargetForm::environment_or_app || form == TargetForm::whole_app;
  if (at != std::string::npos && of_all)
    return refused(text, "names one instance, and this works on all of them; write " + name);
  TargetArgument out;
  if (at != std::string::npos) out.filter.instance = text.substr(at + 1);
  const auto parts = split(name, '/');
  const std::size_t most = form == TargetForm::service ? 3 : 2;
  const bool hollow = std::any_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); });
  const bool may_lack_app =
      form == TargetForm::environment_or_app || (form == TargetForm::any && at == std::string::npos);
  const bool no_instance = at != std::string::npos && out.filter.instance.empty();
  if (hollow || parts.size() > most || (parts.size() < 2 && !may_lack_app) || no_instance)
    return refused(text, std::string("is not ") + written(form));
  out.filter.environment = parts[0];
  if (parts.size() > 1) out.filter.app = parts[1];
  if (parts.size() > 2) out.service = parts[2];
  return out;
}

Result<std::int64_t> parse_deployment_id(const std::string& text, const TargetFilter& filter) {
  std::int64_t id = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, id);
  if (parsed.ec == std::errc() && parsed.ptr == end && id > 0) return id;
  return refused(text, "is not an id; `plimsoll history " + filter.environment + "/" + filter.app + "` lists them");
}

Result<int> parse_timeout(const std::string& text) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  constexpr std::int64_t kMost = 86'400;
  const bool bare = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  const auto nanoseconds = compose::parse_duration(bare ? text + "s" : text);
  const std::int64_t seconds = nanoseconds.value_or(0) / kSecond + (nanoseconds.value_or(0) % kSecond > 0 ? 1 : 0);
  if (seconds >= 1 && seconds <= kMost) return static_cast<int>(seconds);
  return refused(text, "is no time from 1s to 24h; write it as 90s, 5m or 1h30m");
}

Result<std::string> parse_commit(const std::string& text) {
  constexpr std::string_view kMark = "sha1:";
  const auto mark = text.find(kMark);
  const bool marked = mark == 0 || (mark != std::string::npos && text[mark - 1] == '@');
  std::string digits = marked ? text.substr(mark + kMark.size()) : text;
  std::transform(digits.begin(), digits.end(), digits.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  const bool hex = digits.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (hex && digits.size() >= 4 && digits.size() <= 40) return digits;
  return refused(text, "is no commit; write 4 to 40 of its hex digits, as `plimsoll status` shows them");
}

}  // namespace plimsoll::controller
