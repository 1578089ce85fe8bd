#include "model/desired_state.hpp"

namespace plimsoll {

std::string to_string(const Revision& revision) {
  if (revision.commit.empty()) return {};
  return revision.branch + "@sha1:" + revision.commit;
}

std::string short_text(const Revision& revision) { return revision.commit.substr(0, 8); }

}  // namespace plimsoll
