-- Version 7. Nodes of three layers each lie together. A commit changes a node of every layer; high nodes
-- are far from one another in the order of the tree, and near in that of their own.
CREATE TABLE node_by_tier (
  repo INTEGER NOT NULL,
  tier INTEGER NOT NULL,             -- a third of the layer
  lo TEXT NOT NULL,                  -- the key just left, empty at the left edge
  layer INTEGER NOT NULL,
  cid BLOB NOT NULL,
  rev INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (repo, tier, lo, layer DESC)
) STRICT, WITHOUT ROWID;
INSERT INTO node_by_tier SELECT repo, layer / 3, lo, layer, cid, rev, bytes FROM node;
DROP TABLE node;
ALTER TABLE node_by_tier RENAME TO node;
