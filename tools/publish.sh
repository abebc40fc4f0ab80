#!/bin/sh
# Called by the publishing workflow: build the site with the address of the repository it runs in (a fork's own), and
# put notebooks that know this address on the branch `colab`, which the Colab buttons open. The branch is made anew
# each time; nothing on main changes.
set -eu
make repository URL="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"
make site
git -c user.name=publish -c user.email=publish@localhost commit -q --all --message "Notebooks with the book's address"
git push -q --force origin HEAD:refs/heads/colab
