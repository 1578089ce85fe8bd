#pragma once

#include <string>

#include "compose/expansion.hpp"
#include "compose/node.hpp"

namespace plimsoll::compose {

/// Makes the relative paths of a canonical document absolute below `directory`, and marks them
/// (`Node::was_relative_path`): bind sources, files of configs and secrets, env_file, label_file, build contexts,
/// watched paths, `extends.file`, and the device of local bind volumes. URLs and `service:` contexts stay as they are;
/// `~` stands for `home`, and stays when that is empty.
void resolve_paths(Node& document, const std::string& directory, const std::string& home, Expansion& expansion);

}  // namespace plimsoll::compose
