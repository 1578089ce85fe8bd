#include <boost/json.hpp>
#include <ostream>

#include "controller/cli/commands.hpp"
#include "controller/cli/controller_call.hpp"
#include "controller/cli/display_width.hpp"
#include "controller/cli/json_fields.hpp"
#include "controller/cli/status_text.hpp"
#include "model/printable.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kPollInterval{500};

/// Of a target, or of the status as a whole.
bool revision_matches(const json::value& target, const std::string& wanted) {
  const std::string revision = text_at(target, "revision");
  if (wanted.empty()) return true;
  const auto mark = revision.find("@sha1:");
  return mark != std::string::npos && revision.substr(mark + 6).starts_with(wanted);
}

/// What `target` still lacks; empty when nothing.
std::string lacking(const json::value& target, const WaitCommand& command) {
  const bool both = !command.sync && !command.health;
  if (!revision_matches(target, command.revision)) return "revision is " + text_at(target, "revision");
  const std::string sync = text_at(target, "sync");
  if ((both || command.sync) && sync != "Synced") return sync + " " + reason_and_message(target);
  const std::string health = text_at(target, "health");
  if ((both || command.health) && health != "Healthy") return health + " " + reason_and_message(target);
  return "";
}

/// What is lacking before any target can be looked at; empty when nothing.
std::string lacking_as_a_whole(const json::value& status, const WaitCommand& command) {
  if (text_at(status, "revision").empty()) {
    const std::string error = text_at(status, "source_error");
    return error.empty() ? "the source has not been read yet" : "the source cannot be read: " + error;
  }
  if (array_at(status, "targets").empty() && !revision_matches(status, command.revision)) {
    return "revision is " + text_at(status, "revision");
  }
  return "";
}

/// The first target that lacks something, as text; empty when all are as wished.
std::string first_lacking(const json::value& status, const WaitCommand& command) {
  if (std::string whole = lacking_as_a_whole(status, command); !whole.empty()) return whole;
  for (const json::value& target : array_at(status, "targets")) {
    const std::string what = lacking(target, command);
    if (!what.empty()) return target_name(target) + ": " + what;
  }
  return "";
}

}  // namespace

int execute(const WaitCommand& command, const CliContext& context) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(command.timeout_seconds);
  ApiClient client(endpoint_of(command.connection, context), deadline);
  std::string shown;
  for (;;) {
    const auto status = fetch_status(client, command.filter);
    // A target of a revision that is not loaded yet may still appear.
    const bool may_come = !status && status.error().kind == ErrorKind::missing;
    if (!status && !may_come) return fail(context, status.error().message);
    const std::string what = status ? first_lacking(*status, command) : status.error().message;
    if (what.empty()) return exit_status::kOk;
    if (what != shown) context.err << "waiting: " << printable(what) << "\n" << std::flush;
    shown = what;
    if (std::chrono::steady_clock::now() >= deadline || !context.pause(kPollInterval)) {
      return fail(context, "gave up after " + std::to_string(command.timeout_seconds) + " s: " + what +
                               "; --timeout waits longer");
    }
  }
}

}  // namespace plimsoll::controller
