alter table "public"."incident" add column "priority" integer
 null default '1';
alter table "public"."incident" rename column "comment" to "body";
ALTER TABLE "public"."incident" ALTER COLUMN "body" TYPE varchar;
CREATE TABLE "public"."incident_status"("value" text NOT NULL, "comment" text, PRIMARY KEY ("value") , UNIQUE ("value"));
BEGIN TRANSACTION;
ALTER TABLE "public"."incident" DROP CONSTRAINT "incident_pkey";

ALTER TABLE "public"."incident"
    ADD CONSTRAINT "incident_pkey" PRIMARY KEY ("id", "priority");
COMMIT TRANSACTION;
