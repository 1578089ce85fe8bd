#include "adapters/git/libgit_handles.hpp"

#include <algorithm>

namespace plimsoll::adapters {
namespace {

constexpr std::size_t kOpenPacks = 100;  // at a time, below the descriptors that the fetching child may have

ErrorKind kind_of(int code, int error_class, const std::string& message) {
  const auto says = [&](std::string_view text) { return message.find(text) != std::string::npos; };
  if (code == GIT_EAUTH || code == GIT_ECERTIFICATE) return ErrorKind::unauthorized;
  if (says("status code: 401") || says("status code: 403")) return ErrorKind::unauthorized;
  if (code == GIT_ENOTFOUND || says("status code: 404")) return ErrorKind::missing;
  switch (error_class) {
    case GIT_ERROR_NOMEMORY: return ErrorKind::rejected;
    case GIT_ERROR_ODB:
    case GIT_ERROR_OBJECT:
    case GIT_ERROR_REPOSITORY:
    case GIT_ERROR_REFERENCE:
    case GIT_ERROR_CONFIG:
    case GIT_ERROR_ZLIB:
    case GIT_ERROR_FILESYSTEM: return ErrorKind::internal;  // not the network's fault: perhaps the mirror's
    default: return ErrorKind::transient;
  }
}

}  // namespace

void use_libgit2() {
  static const bool initialised = [] {
    git_libgit2_init();
    for (const int level :
         {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_PROGRAMDATA})
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 1);
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_FILE_LIMIT, kOpenPacks);
    return true;
  }();
  static_cast<void>(initialised);
}

std::string libgit2_message() {
  const git_error* last = git_error_last();
  std::string text = last == nullptr || last->message == nullptr ? "no reason given" : last->message;
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  if (text.size() > 400) text.resize(400);
  return scrub_url(text);
}

Error libgit2_network_error(int code, std::string_view what) {
  const git_error* last = git_error_last();
  const int error_class = last == nullptr ? static_cast<int>(GIT_ERROR_NONE) : last->klass;
  const std::string message = libgit2_message();
  Error error{kind_of(code, error_class, message), std::string(what) + ": " + message};
  if (error_class == GIT_ERROR_NOMEMORY)
    error.message +=
        "; the repository, or an object in it, is too large for one of manifests: go on without that history";
  return error;
}

Result<RepositoryPtr> open_file_source(const SourceUrl& url) {
  RepositoryPtr repository;
  if (git_repository_open_ext(out(repository), url.path.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) != 0)
    return Error{ErrorKind::missing,
                 "there is no git repository at " + url.text + " (" + libgit2_message() + "); check source.url"};
  return repository;
}

std::string to_hex(const git_oid& id) {
  std::string text(GIT_OID_HEXSZ, '0');
  git_oid_fmt(text.data(), &id);
  return text;
}

Error branch_missing(const std::string& branch, const std::string& where, const std::vector<std::string>& existing) {
  if (existing.empty())
    return {ErrorKind::missing,
            where + " is empty: it has no branch yet; push branch '" + branch + "'. What runs is left as it is"};
  std::string names;
  for (std::size_t i = 0; i < std::min<std::size_t>(existing.size(), 5); ++i)
    names += (i == 0 ? "" : ", ") + existing[i];
  if (existing.size() > 5) names += ", …";
  return {ErrorKind::missing, "branch '" + branch + "' does not exist in " + where + " (it has: " + names +
                                  "); push it or change source.branch. What runs is left as it is"};
}

Result<std::string> branch_commit(git_repository* repository, const std::string& branch, const std::string& where) {
  git_oid id;
  if (git_reference_name_to_id(&id, repository, ("refs/heads/" + branch).c_str()) == 0) return to_hex(id);
  std::vector<std::string> existing;
  ReferenceIteratorPtr references;
  if (git_reference_iterator_glob_new(out(references), repository, "refs/heads/*") == 0) {
    const char* name = nullptr;
    while (existing.size() < 6 && git_reference_next_name(&name, references.get()) == 0)
      existing.emplace_back(std::string(name).substr(std::string_view("refs/heads/").size()));
  }
  return branch_missing(branch, where, existing);
}

}  // namespace plimsoll::adapters
