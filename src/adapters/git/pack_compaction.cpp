#include "adapters/git/pack_compaction.hpp"

#include <git2/sys/odb_backend.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "adapters/git/libgit_handles.hpp"

namespace plimsoll::adapters {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kCompactedBytes = 8LL << 20U;  // so that the work takes no more than a few seconds

using PackbuilderPtr = std::unique_ptr<git_packbuilder, LibgitDeleter<git_packbuilder_free>>;

struct Pack {
  fs::path path;
  std::int64_t bytes = 0;
};

std::vector<Pack> packs_of(const std::string& mirror_dir) {
  std::error_code ignored;
  std::vector<Pack> packs;
  for (fs::directory_iterator entry(fs::path(mirror_dir) / "objects" / "pack", ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    if (entry->path().extension() != ".pack") continue;
    std::error_code unknown;
    const auto bytes = entry->file_size(unknown);
    packs.push_back({entry->path(), unknown ? 0 : static_cast<std::int64_t>(bytes)});
  }
  return packs;
}

std::vector<Pack> smallest_of(std::vector<Pack> packs) {
  std::sort(packs.begin(), packs.end(), [](const Pack& a, const Pack& b) { return a.bytes < b.bytes; });
  std::int64_t bytes = 0;
  const auto end = std::find_if(packs.begin(), packs.end(),
                                [&](const Pack& pack) { return (bytes += pack.bytes) > kCompactedBytes; });
  packs.erase(end, packs.end());
  return packs;
}

/// Puts every object of a pack onto the list of what is to be packed.
bool add_objects(git_packbuilder* builder, const Pack& pack) {
  git_odb_backend* backend = nullptr;
  OdbPtr objects;
  if (git_odb_new(out(objects)) != 0) return false;
  if (git_odb_backend_one_pack(&backend, fs::path(pack.path).replace_extension(".idx").c_str()) != 0) return false;
  if (git_odb_add_backend(objects.get(), backend, 1) != 0) {
    backend->free(backend);
    return false;
  }
  const auto insert = [](const git_oid* id, void* into) {
    return git_packbuilder_insert(static_cast<git_packbuilder*>(into), id, nullptr);
  };
  return git_odb_foreach(objects.get(), insert, builder) == 0;
}

}  // namespace

PackTotals pack_totals(const std::string& mirror_dir) {
  PackTotals totals;
  for (const Pack& pack : packs_of(mirror_dir)) {
    ++totals.count;
    totals.bytes += pack.bytes;
  }
  return totals;
}

void compact_packs(const std::string& mirror_dir) {
  const auto packs = smallest_of(packs_of(mirror_dir));
  RepositoryPtr repository;
  PackbuilderPtr builder;
  if (packs.size() < 2 || git_repository_open_bare(out(repository), mirror_dir.c_str()) != 0) return;
  if (git_packbuilder_new(out(builder), repository.get()) != 0) return;
  git_packbuilder_set_threads(builder.get(), 1);
  for (const Pack& pack : packs)
    if (!add_objects(builder.get(), pack)) return;
  if (git_packbuilder_write(builder.get(), nullptr, 0, nullptr, nullptr) != 0) return;
  const std::string made = std::string("pack-") + git_packbuilder_name(builder.get()) + ".pack";
  std::error_code ignored;
  if (!fs::exists(packs.front().path.parent_path() / made, ignored)) return;
  for (const Pack& pack : packs) {
    if (pack.path.filename() == made) continue;  // it held all that the others did
    fs::remove(pack.path, ignored);
    fs::remove(fs::path(pack.path).replace_extension(".idx"), ignored);
  }
}

}  // namespace plimsoll::adapters
