DELETE FROM memberships WHERE role = 'designated';
ALTER TABLE memberships DROP CONSTRAINT memberships_role_check;
ALTER TABLE memberships ADD CONSTRAINT memberships_role_check
    CHECK (role IN ('practitioner', 'agency_lead', 'cluster_lead', 'deputy',
                    'duty', 'chief', 'governance', 'admin'));
