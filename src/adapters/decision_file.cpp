#include "adapters/decision_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "adapters/file_descriptor.hpp"
#include "adapters/small_file.hpp"

namespace plimsoll::adapters {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxBytes = 4U << 20U;
constexpr std::int64_t kVersion = 1;

Error cannot_write(const std::string& path) {
  return {ErrorKind::transient, "cannot write " + path + ": " + std::strerror(errno)};
}

json::value to_json(const Decisions& decisions) {
  json::array suspended, pins;
  for (const auto& [environment, app] : decisions.suspended) {
    suspended.push_back({{"environment", environment}, {"app", app}});
  }
  for (const auto& pin : decisions.pins) {
    pins.push_back({{"environment", pin.environment},
                    {"app", pin.app},
                    {"commit", pin.commit},
                    {"left", pin.left},
                    {"left_commit", pin.left_commit},
                    {"history_id", pin.history_id}});
  }
  return {{"version", kVersion}, {"suspended", std::move(suspended)}, {"pins", std::move(pins)}};
}

std::string text_of(const json::value& object, std::string_view key) {
  return json::value_to<std::string>(object.as_object().at(key));
}

/// Throws what Boost.JSON throws when a member is missing or of another type.
Decisions from_json(const json::value& value) {
  Decisions decisions;
  for (const auto& one : value.as_object().at("suspended").as_array()) {
    decisions.suspended.emplace(text_of(one, "environment"), text_of(one, "app"));
  }
  for (const auto& one : value.as_object().at("pins").as_array()) {
    decisions.pins.push_back({text_of(one, "environment"), text_of(one, "app"), text_of(one, "commit"),
                              text_of(one, "left"), one.as_object().at("history_id").to_number<std::int64_t>()});
    if (one.as_object().contains("left_commit")) decisions.pins.back().left_commit = text_of(one, "left_commit");
  }
  return decisions;
}

}  // namespace

Result<Decisions> DecisionFile::load() {
  const auto text = read_small_file(path_, kMaxBytes, /* follow_symlink= */ false);
  if (!text && text.error().kind == ErrorKind::missing) return Decisions{};
  if (!text) return text.error();
  const auto unusable = [this](const std::string& why) {
    return Error{ErrorKind::rejected, path_ + " holds what was suspended and rolled back by command, and " + why +
                                          "; mend it, or remove it to forget those decisions"};
  };
  try {
    const json::value value = json::parse(*text);
    if (value.as_object().at("version").to_number<std::int64_t>() != kVersion) {
      return unusable("was written by another version of Plimsoll");
    }
    return from_json(value);
  } catch (const std::exception& error) {
    return unusable(std::string("cannot be understood: ") + error.what());
  }
}

Result<void> DecisionFile::save(const Decisions& decisions) {
  const std::string draft = path_ + ".new";
  const std::string text = json::serialize(to_json(decisions)) + "\n";
  {
    const FileDescriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return cannot_write(draft);
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(file.get()) != 0)
      return cannot_write(draft);
  }
  if (::rename(draft.c_str(), path_.c_str()) != 0) return cannot_write(path_);
  return sync_directory_of(path_) ? Result<void>() : cannot_write(path_);
}

}  // namespace plimsoll::adapters
