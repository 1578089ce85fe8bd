#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "compose/shell_words.hpp"
#include "manifest/digest.hpp"
#include "manifest/service_parts.hpp"
#include "model/secret.hpp"
#include "model/signal_name.hpp"

namespace plimsoll::manifest {
namespace {

using compose::Node;

/// What a program can handle, and is told to reload by.
constexpr std::array<std::string_view, 11> kSignals{"SIGHUP",  "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGINT", "SIGQUIT",
                                                    "SIGTERM", "SIGALRM", "SIGCONT", "SIGURG",   "SIGIO"};
constexpr std::string_view kForms = "use a signal such as SIGHUP, or a command such as [\"nginx\", \"-s\", \"reload\"]";

/// `SIGHUP` for `SIGHUP`, `sighup` and `HUP`; empty when it is no name of a signal.
std::string signal_named(std::string text) {
  if (!text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) != 0) return {};
  text = signal_name(std::move(text));
  return std::find(kSignals.begin(), kSignals.end(), text) == kSignals.end() ? "" : text;
}

/// Written as a signal is: capitals and digits that begin with SIG.
bool looks_like_signal(const std::string& text) {
  return text.starts_with("SIG") &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return std::islower(c) || std::isspace(c); });
}

std::optional<Reload> from_text(const FieldReader& own, const std::string& text) {
  Reload reload;
  reload.signal = signal_named(text);
  if (!reload.signal.empty()) return reload;
  if (looks_like_signal(text)) {
    own.error("reload", "\"" + text + "\" is no signal that a program can be told to reload by", std::string(kForms));
    return std::nullopt;
  }
  const auto words = compose::split_shell_words(text, true);
  if (!words || words->empty()) {
    own.error("reload", words ? "is empty" : words.error().message, std::string(kForms));
    return std::nullopt;
  }
  reload.command = *words;
  return reload;
}

std::optional<Reload> from_list(const FieldReader& own, const Node& list) {
  Reload reload;
  for (const Node& item : list.items()) {
    if (item.is_scalar() && !item.is_null()) reload.command.push_back(item.as_text());
  }
  if (!list.items().empty() && reload.command.size() == list.items().size()) return reload;
  own.error("reload", "must be a list of texts, and not empty", std::string(kForms));
  return std::nullopt;
}

std::optional<Reload> read(const FieldReader& own) {
  const Node* value = own.get("reload");
  if (value == nullptr) return std::nullopt;
  auto reload = value->is_sequence() ? from_list(own, *value) : std::optional<Reload>();
  if (value->is_string()) reload = from_text(own, value->string());
  if (!value->is_sequence() && !value->is_string()) {
    own.error("reload", "must be text or a list of texts, is " + std::string(value->kind_name()), std::string(kForms));
  }
  if (!reload) return std::nullopt;
  if (std::none_of(reload->command.begin(), reload->command.end(), has_secret_token)) return reload;
  own.error("reload", "a secret may not stand in it", "let the command read it from the service's environment");
  return std::nullopt;
}

/// Over the paths of all files. Their owners and modes are copied with the contents.
std::string layout_of(const ServiceSpec& spec) {
  std::string bytes = "plimsoll.reload.v1;";
  for (const Mount& mount : spec.mounts) {
    if (mount.type != Mount::Type::repository) continue;
    append_part(bytes, mount.target);
    append_part(bytes, std::to_string(mount.files.size()));
    for (const RepositoryFile& file : mount.files) append_part(bytes, file.path);
  }
  return sha256_hex(bytes);
}

bool has_files(const ServiceSpec& spec) {
  return std::any_of(spec.mounts.begin(), spec.mounts.end(),
                     [](const Mount& mount) { return mount.type == Mount::Type::repository; });
}

/// True for a signal that ends the process instead of telling it something. The image may name another one for that,
/// which is not known here.
bool is_stop_signal(const FieldReader& own, const Reload& reload, const std::string& named) {
  const std::string stop = named.empty() ? std::string(kDefaultStopSignal) : signal_name(named);
  if (reload.signal != stop) return false;
  own.error("reload",
            named.empty() ? stop + " is the signal that stops a container unless stop_signal names another"
                          : stop + " is the stop_signal of the service",
            "reload by another signal or by a command, or name another stop_signal");
  return true;
}

}  // namespace

void convert_reload(const FieldReader& service, DesiredService& out) {
  if (service.get("x-plimsoll") == nullptr || !service.get("x-plimsoll")->is_mapping()) return;
  const FieldReader own = service.at("x-plimsoll");
  auto reload = read(own);
  if (!reload || is_stop_signal(own, *reload, out.spec.stop_signal)) return;
  if (!has_files(out.spec)) {
    return own.notice("reload", "has no effect: the service mounts no file of the manifest repository");
  }
  if (out.spec.read_only) {
    return own.notice("reload",
                      "has no effect: nothing can be copied into a running container whose root file system is "
                      "read-only; a changed file makes a new container");
  }
  reload->layout = layout_of(out.spec);
  out.reload = std::move(reload);
}

}  // namespace plimsoll::manifest
