// git_probe OPTIONS.json COMMAND...: runs the git adapter's calls one after the other and prints one JSON object each.
// Commands: remote, fetch, read:REVISION, poll:N (N times remote, with the CPU time of one).
// OPTIONS.json has the members of GitOptions by name, and deadline_ms for every call.
#include <sys/resource.h>

#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <iterator>

#include "adapters/git/git_fetch_child.hpp"
#include "adapters/git/git_source.hpp"

namespace {

namespace json = boost::json;
using plimsoll::Error;
using plimsoll::RepositoryEntry;

json::object failure(const Error& error) {
  return {{"error", std::string(to_string(error.kind))}, {"message", error.message}};
}

std::string text_of(const json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? std::string() : json::value_to<std::string>(*value);
}

plimsoll::adapters::GitOptions options_of(const json::object& object) {
  plimsoll::adapters::GitOptions options;
  options.url = text_of(object, "url");
  if (object.contains("branch")) options.branch = text_of(object, "branch");
  if (object.contains("path")) options.path = text_of(object, "path");
  options.mirror_dir = text_of(object, "mirror_dir");
  options.username = text_of(object, "username");
  options.password_file = text_of(object, "password_file");
  options.ssh_key_file = text_of(object, "ssh_key_file");
  options.known_hosts_file = text_of(object, "known_hosts_file");
  options.ca_file = text_of(object, "ca_file");
  if (const auto* limit = object.if_contains("max_pack_bytes")) options.max_pack_bytes = limit->as_int64();
  return options;
}

std::string kind_name(RepositoryEntry::Kind kind) {
  switch (kind) {
    case RepositoryEntry::Kind::file: return "file";
    case RepositoryEntry::Kind::executable: return "executable";
    case RepositoryEntry::Kind::symlink: return "symlink";
    case RepositoryEntry::Kind::submodule: return "submodule";
  }
  return "unknown";
}

json::object listing(const plimsoll::ports::RevisionContent& content) {
  json::object files;
  for (const auto& [path, entry] : content.files) {
    json::object file{{"kind", kind_name(entry.kind)}, {"id", entry.object_id}};
    if (entry.content) file["content"] = *entry.content;
    files[path] = std::move(file);
  }
  return {{"commit", content.commit},
          {"author", content.author},
          {"subject", content.subject},
          {"files", std::move(files)}};
}

double cpu_milliseconds(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

double all_cpu_milliseconds() { return cpu_milliseconds(RUSAGE_SELF) + cpu_milliseconds(RUSAGE_CHILDREN); }

json::object answer(plimsoll::Result<std::string> commit) {
  return commit ? json::object{{"commit", *commit}} : failure(commit.error());
}

json::object poll(plimsoll::ports::GitSource& source, int times, std::chrono::milliseconds limit) {
  const auto first = source.remote_commit(plimsoll::ports::within(limit));
  if (!first) return failure(first.error());
  const double before = all_cpu_milliseconds();
  for (int i = 0; i < times; ++i)
    if (const auto commit = source.remote_commit(plimsoll::ports::within(limit)); !commit)
      return failure(commit.error());
  return {{"commit", *first}, {"cpu_ms_each", (all_cpu_milliseconds() - before) / times}};
}

json::object run(plimsoll::ports::GitSource& source, const std::string& command, std::chrono::milliseconds limit) {
  if (command == "remote") return answer(source.remote_commit(plimsoll::ports::within(limit)));
  if (command == "fetch") return answer(source.fetch(plimsoll::ports::within(limit)));
  if (command.starts_with("poll:")) return poll(source, std::stoi(command.substr(5)), limit);
  if (!command.starts_with("read:")) return {{"error", "usage"}, {"message", "unknown command " + command}};
  const auto content = source.read(command.substr(5), nullptr);
  return content ? listing(*content) : failure(content.error());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == plimsoll::adapters::kGitFetchCommand)
    return plimsoll::adapters::git_fetch_main();
  if (argc < 3) return 2;
  std::ifstream file(argv[1]);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const json::value parsed = json::parse(text);
  const json::object& object = parsed.as_object();
  auto source = plimsoll::adapters::make_git_source(options_of(object));
  if (!source) {
    std::cout << failure(source.error()) << '\n';
    return 1;
  }
  const auto* deadline = object.if_contains("deadline_ms");
  const std::chrono::milliseconds limit(deadline == nullptr ? 30'000 : deadline->as_int64());
  for (int i = 2; i < argc; ++i) std::cout << run(**source, argv[i], limit) << std::endl;
  return 0;
}
