#include "compose/volume_syntax.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "compose/text_split.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

Error refused(std::string_view text, std::string_view why) {
  return Error{ErrorKind::rejected, "\"" + mask_secrets(text) + "\" is no volume: " + std::string(why)};
}

/// Sections between colons; a colon after a single letter is a Windows drive.
std::vector<std::string> sections(std::string_view text) {
  std::vector<std::string> out;
  std::string held;
  for (std::string& part : split_outside_tokens(text, ':')) {
    if (!held.empty()) {
      out.push_back(held + ":" + part);
      held.clear();
    } else if (part.size() == 1 && is_letter(part[0])) {
      held = std::move(part);
    } else {
      out.push_back(std::move(part));
    }
  }
  if (!held.empty()) out.push_back(held);
  return out;
}

bool is_file_path(std::string_view source) {
  if (source.empty()) return false;
  if (source[0] == '.' || source[0] == '/' || source[0] == '~' || source.starts_with("\\\\")) return true;
  return source.size() > 1 && is_letter(source[0]) && source[1] == ':';
}

void take_option(ShortVolume& volume, const std::string& option) {
  constexpr std::array<std::string_view, 6> kPropagations{"rprivate", "private", "rshared",
                                                          "shared",   "rslave",  "slave"};
  if (option == "ro" || option == "rw") {
    volume.read_only = option == "ro";
  } else if (option == "nocopy") {
    volume.no_copy = true;
  } else if (option == "z" || option == "Z") {
    volume.bind_options = true;
    volume.selinux = option;
  } else if (std::find(kPropagations.begin(), kPropagations.end(), option) != kPropagations.end()) {
    volume.bind_options = true;
    volume.propagation = option;
  } else if (volume.ignored_option.empty()) {
    volume.ignored_option = option;
  }
}

}  // namespace

Result<ShortVolume> parse_volume(std::string_view text) {
  ShortVolume volume;
  if (text.empty()) return refused(text, "it is empty");
  if (text.size() <= 2) {
    volume.target = text;
    volume.bare = true;
    return volume;
  }
  const std::vector<std::string> parts = sections(text);
  if (std::any_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); }))
    return refused(text, "a section between colons is empty");
  if (parts.size() > 3) return refused(text, "it has too many colons");
  if (parts.size() == 1) {
    volume.target = parts[0];
  } else {
    volume.source = parts[0];
    volume.target = parts[1];
  }
  if (parts.size() == 3)
    for (const std::string& option : split_outside_tokens(parts[2], ',')) take_option(volume, option);
  volume.bind = is_file_path(volume.source);
  return volume;
}

}  // namespace plimsoll::compose
