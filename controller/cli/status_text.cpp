#include "controller/cli/status_text.hpp"

#include <boost/json.hpp>

#include "controller/cli/display_width.hpp"
#include "controller/cli/json_fields.hpp"
#include "controller/cli/table.hpp"
#include "model/printable.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

constexpr std::size_t kMessageColumns = 80;
constexpr std::size_t kShortId = 12;

/// The tag or the beginning of the digest: what a deployment changes.
std::string tag_of(const std::string& image) {
  if (const auto digest = image.find("@sha256:"); digest != std::string::npos) {
    return image.substr(digest + 1, std::string_view("sha256:").size() + 8);
  }
  const auto slash = image.rfind('/');
  const auto colon = image.find(':', slash == std::string::npos ? 0 : slash);
  return colon == std::string::npos ? "latest" : image.substr(colon + 1);
}

std::string images_of(const json::value& target, bool wide) {
  std::string text;
  for (const json::value& service : array_at(target, "services")) {
    const std::string image = text_at(service, "image");
    text += (text.empty() ? "" : ", ") + text_at(service, "name") + ":" + (wide ? " " + image : tag_of(image));
  }
  return text;
}

void line(std::string& out, const char* name, const std::string& value) {
  if (value.empty()) return;
  std::string label = std::string(name) + ":";
  label.resize(16, ' ');
  out += label + value + "\n";
}

std::string indented(const std::string& text) {
  std::string out;
  std::size_t start = 0;
  while (start < text.size()) {
    const auto end = text.find('\n', start) + 1;
    out += "  " + text.substr(start, end - start);
    start = end;
  }
  return out;
}

std::string containers_table(const json::value& target, bool colour) {
  Table table({"SERVICE", "IMAGE", "CONTAINER", "ID", "STATE", "HEALTH"});
  for (const json::value& service : array_at(target, "services")) {
    const auto& containers = array_at(service, "containers");
    if (containers.empty()) table.add({text_at(service, "name"), text_at(service, "image"), "(none)"});
    for (const json::value& container : containers) {
      table.add({text_at(service, "name"), text_at(service, "image"), text_at(container, "name"),
                 text_at(container, "id").substr(0, kShortId), text_at(container, "state"),
                 text_at(container, "health")});
    }
  }
  return table.empty() ? "" : table.text(true, colour);
}

std::string conditions_table(const json::value& target, bool colour) {
  Table table({"CONDITION", "STATUS", "SINCE", "REASON", "MESSAGE"});
  for (const json::value& condition : array_at(target, "conditions")) {
    table.add({text_at(condition, "type"), text_at(condition, "status"), text_at(condition, "transition_time"),
               text_at(condition, "reason"), text_at(condition, "message")});
  }
  return table.empty() ? "" : table.text(true, colour);
}

std::string target_details(const json::value& target, bool colour) {
  const auto word = [colour](const std::string& text) { return colour ? painted(printable(text)) : printable(text); };
  std::string out;
  line(out, "Target", printable(target_name(target)));
  line(out, "Sync", word(text_at(target, "sync")));
  line(out, "Health", word(text_at(target, "health")));
  line(out, "Reason", printable(text_at(target, "reason")));
  line(out, "Message", printable(text_at(target, "message")));
  line(out, "Revision", printable(text_at(target, "revision")));
  line(out, "Last attempted", printable(text_at(target, "last_attempted_revision")));
  line(out, "Last applied", printable(text_at(target, "last_applied_revision")));
  for (const std::string& part : {containers_table(target, colour), conditions_table(target, colour)}) {
    if (!part.empty()) out += "\n" + indented(part);
  }
  return out;
}

}  // namespace

std::string target_name(const json::value& target) {
  return text_at(target, "environment") + "/" + text_at(target, "app") + "@" + text_at(target, "instance");
}

std::string target_names(const json::array& targets) {
  std::string out;
  for (const json::value& target : targets) out += printable(target_name(target)) + "\n";
  return out;
}

std::string short_revision(const std::string& revision) {
  const auto mark = revision.find("@sha1:");
  return mark == std::string::npos ? revision : revision.substr(mark + 6, 8);
}

std::string reason_and_message(const json::value& target) {
  const std::string reason = text_at(target, "reason");
  const std::string message = text_at(target, "message");
  return reason.empty() || message.empty() ? reason + message : reason + ": " + message;
}

std::string status_table(const json::value& status, const OutputOptions& output, bool colour) {
  const bool wide = output.format == OutputFormat::wide;
  Table table({"NAME", "INSTANCE", "SYNC", "HEALTH", "REVISION", "IMAGES", "MESSAGE"});
  for (const json::value& target : array_at(status, "targets")) {
    const std::string revision = text_at(target, "revision");
    const std::string message = reason_and_message(target);
    table.add({text_at(target, "environment") + "/" + text_at(target, "app"), text_at(target, "instance"),
               text_at(target, "sync"), text_at(target, "health"), wide ? revision : short_revision(revision),
               images_of(target, wide), wide ? message : shortened(message, kMessageColumns)});
  }
  return table.text(!output.no_header, colour);
}

std::string status_details(const json::value& status, const json::value& last_operation, bool colour) {
  std::string out;
  for (const json::value& target : array_at(status, "targets")) {
    if (!out.empty()) out += "\n";
    out += target_details(target, colour);
  }
  if (last_operation.is_object()) {
    const std::string phase = text_at(last_operation, "phase");
    const std::string message = text_at(last_operation, "message");
    out += "\n";
    line(out, "Last operation",
         (colour ? painted(phase) : phase) + " " + printable(text_at(last_operation, "started_at")) + " " +
             printable(text_at(last_operation, "revision")) + (message.empty() ? "" : " " + printable(message)));
  }
  return out;
}

}  // namespace plimsoll::controller
