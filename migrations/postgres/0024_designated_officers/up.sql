-- Designated officers look into allegations against adults who work with children.
ALTER TABLE memberships DROP CONSTRAINT memberships_role_check;
ALTER TABLE memberships ADD CONSTRAINT memberships_role_check
    CHECK (role IN ('practitioner', 'agency_lead', 'cluster_lead', 'deputy',
                    'duty', 'designated', 'chief', 'governance', 'admin'));
