#include "adapters/docker/container_reload.hpp"

#include <algorithm>

#include "adapters/docker/docker_labels.hpp"
#include "adapters/docker/engine_error.hpp"
#include "adapters/docker/json_access.hpp"
#include "adapters/docker/log_frames.hpp"
#include "adapters/docker/repository_archive.hpp"
#include "adapters/docker/tar_writer.hpp"
#include "model/secret_scrub.hpp"

namespace plimsoll::adapters {
namespace {

namespace json = boost::json;

constexpr std::string_view kRecordFile = ".plimsoll-reloaded";
constexpr std::size_t kOutputBytes = 300;
constexpr std::size_t kReadBytes = 8U << 20U;
constexpr std::size_t kScrubbedBytes = 64U << 10U;
constexpr std::size_t kRecordBytes = 256U << 10U;
constexpr std::size_t kSavedBytes = 16U << 20U;  // as much as a revision can hold, and some more

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// Scrubbed before it is cut: half of a value would not be found any more.
std::string last_of(const std::string& output, const SecretTable* secrets) {
  const std::size_t skipped = output.size() > kScrubbedBytes ? output.size() - kScrubbedBytes : 0;
  const std::string text = scrubbed(output.substr(skipped), secrets);
  return text.size() > kOutputBytes ? text.substr(text.size() - kOutputBytes) : text;
}

/// It ended, or was paused, since it was observed: look again.
Error not_running(Error error) {
  if (error.kind == ErrorKind::conflict) error.kind = ErrorKind::transient;
  return error;
}

/// While the files are being changed nobody knows what is there.
ReloadRecord unknown(const ReloadFiles& action) {
  ReloadRecord record{"", action.before.files};
  for (const auto& target : action.targets) record.files["mounts." + target + ".digest"] = "";
  return record;
}

Result<json::object> object_in(const std::string& what, const Result<HttpResponse>& response) {
  if (!response) return response.error();
  if (!response->ok()) return not_running(engine_error(what, *response));
  json::error_code failed;
  auto parsed = json::parse(response->body, failed);
  if (failed || !parsed.is_object()) return Error{ErrorKind::transient, what + ": the engine sent no JSON object"};
  return std::move(parsed.get_object());
}

}  // namespace

Result<void> ContainerReload::reload(const ReloadFiles& action, const SecretTable* secrets, const ports::Call& call) {
  const std::string what = "reload container " + text_of(action.container);
  const std::string& key = key_of(action.container);
  if (!action.service->reload) return Error{ErrorKind::internal, what + ": its service has no x-plimsoll.reload"};
  const auto who = api_.identity(call);
  if (!who) return who.error();
  std::vector<Saved> saved;
  if (auto kept = save(action, saved, call); !kept) return with_context(kept.error(), what);
  if (auto noted = note(key, unknown(action), call); !noted) return with_context(noted.error(), what);
  const auto changed = [&action](const std::string& target) {
    return std::find(action.targets.begin(), action.targets.end(), target) != action.targets.end();
  };
  const FileCopy copy{key, action.service->spec, {{}, who->podman}, changed};
  auto told = copy_repository_files(api_, copy, secrets, call);
  if (told) told = tell(key, *action.service->reload, secrets, call);
  if (!told) {
    put_back(action, saved);
    return with_context(told.error(), what);
  }
  const auto noted = note(key, action.after, call);
  return noted ? Result<void>() : with_context(noted.error(), what);
}

Result<void> ContainerReload::save(const ReloadFiles& action, std::vector<Saved>& saved, const ports::Call& call) {
  for (const auto& target : action.targets) {
    auto archive = get_archive(api_, key_of(action.container), target, kSavedBytes, call);
    if (!archive) return std::move(archive).error();
    if (*archive) saved.push_back({target, std::move(**archive)});
  }
  return {};
}

void ContainerReload::put_back(const ReloadFiles& action, const std::vector<Saved>& saved) {
  // Not the caller's deadline or stop token: they may be why it failed.
  const auto call = ports::within(std::chrono::seconds(2));
  const std::string& key = key_of(action.container);
  for (const auto& one : saved)
    if (!put_archive(api_, key, directory_of(one.target), one.archive, call)) return;
  if (saved.size() == action.targets.size()) (void)note(key, action.before, call);
}

Result<void> ContainerReload::tell(const std::string& key, const Reload& how, const SecretTable* secrets,
                                   const ports::Call& call) {
  return how.signal.empty() ? run_command(key, how.command, secrets, call) : send_signal(key, how.signal, call);
}

Result<void> ContainerReload::send_signal(const std::string& key, const std::string& signal, const ports::Call& call) {
  const auto response = api_.send(
      {.method = "POST", .path = "/containers/" + percent_encoded(key) + "/kill" + query_text({{"signal", signal}})},
      call);
  if (!response) return response.error();
  return response->ok() ? Result<void>() : not_running(engine_error("send it " + signal, *response));
}

Result<void> ContainerReload::run_command(const std::string& key, const std::vector<std::string>& command,
                                          const SecretTable* secrets, const ports::Call& call) {
  const std::string what = "run `" + joined(command) + "` in it";
  const auto post = [&](const std::string& path, const json::object& body) {
    return api_.send({.method = "POST",
                      .path = path,
                      .body = json::serialize(body),
                      .content_type = "application/json",
                      .body_limit = kReadBytes},
                     call);
  };
  const auto made = object_in(
      what,
      post("/containers/" + percent_encoded(key) + "/exec",
           {{"AttachStdout", true}, {"AttachStderr", true}, {"Cmd", json::array(command.begin(), command.end())}}));
  if (!made) return made.error();
  const std::string path = "/exec/" + percent_encoded(text_at(*made, "Id"));
  const auto started = post(path + "/start", {{"Detach", false}, {"Tty", false}});
  if (!started) return started.error();
  if (started->status == 409) return not_running(engine_error(what, *started));
  if (!started->ok()) return Error{ErrorKind::rejected, what + ": " + shown_message(*started)};
  const auto ended = object_in(what, api_.send({.path = path + "/json"}, call));
  if (!ended) return ended.error();
  const auto code = number_at(*ended, "ExitCode");
  if (code == 0 && !flag_at(*ended, "Running")) return {};
  return Error{ErrorKind::rejected,
               what + ": it ended with " + std::to_string(code) + ": " + last_of(log_text(started->body), secrets)};
}

Result<void> ContainerReload::note(const std::string& key, const ReloadRecord& record, const ports::Call& call) {
  TarWriter tar(copied_now());
  tar.add_file(std::string(kRecordFile), reload_record_text(record), {0600, 0, 0});
  return put_archive(api_, key, "/", tar.finish(), call);
}

Result<void> ContainerReload::read_record(ObservedContainer& container, const ports::Call& call) {
  const bool was_started =
      container.started_at && container.state != ContainerState::removing && container.state != ContainerState::dead;
  if (container.reload.empty() || !was_started) return {};
  const auto archive = get_archive(api_, container.id, "/" + std::string(kRecordFile), kRecordBytes, call);
  // The process could have put anything there: what cannot be read must not keep the rest of the instance from being
  // seen. An engine that is not reached is another matter.
  const bool unreadable = !archive && archive.error().kind == ErrorKind::rejected;
  if (!archive && !unreadable) return archive.error();
  if (!unreadable && !archive->has_value()) return {};
  const auto text = unreadable ? std::nullopt : first_file_of(**archive);
  auto record = text ? parse_reload_record(*text) : std::nullopt;
  if (!record) {  // cut short, or somebody wrote there: what it holds is not known
    record.emplace();
    for (const auto& [path, value] : container.applied)
      if (path.starts_with("mounts.") && path.ends_with(".digest")) record->files[path];
  }
  container.spec_digest = record->spec_digest;
  for (auto& [path, digest] : record->files)
    if (const auto field = container.applied.find(path); field != container.applied.end()) field->second = digest;
  return {};
}

std::string reload_record_text(const ReloadRecord& record) {
  json::object files;
  for (const auto& [path, digest] : record.files) files.emplace(path, digest);
  return json::serialize(json::object{{"spec", record.spec_digest}, {"files", std::move(files)}});
}

std::optional<ReloadRecord> parse_reload_record(std::string_view text) {
  json::error_code failed;
  const auto parsed = json::parse(text, failed);
  if (failed || !parsed.is_object() || !parsed.get_object().contains("spec")) return std::nullopt;
  ReloadRecord record{std::string(text_at(parsed.get_object(), "spec")), {}};
  for (const auto& [path, digest] : object_at(parsed.get_object(), "files"))
    if (digest.is_string()) record.files.emplace(std::string(path), std::string(digest.get_string()));
  return record;
}

}  // namespace plimsoll::adapters
