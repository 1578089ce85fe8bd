#include "model/desired_state.hpp"

namespace plimsoll {

Fields file_digests(const DesiredService& service) {
  Fields digests;
  for (const Mount& mount : service.spec.mounts) {
    if (mount.type != Mount::Type::repository) continue;
    const auto field = service.canonical.find("mounts." + mount.target + ".digest");
    if (field != service.canonical.end()) digests.insert(*field);
  }
  return digests;
}

std::string to_string(const Revision& revision) {
  if (revision.commit.empty()) return {};
  return revision.branch + "@sha1:" + revision.commit;
}

std::string short_text(const Revision& revision) { return revision.commit.substr(0, 8); }

}  // namespace plimsoll
